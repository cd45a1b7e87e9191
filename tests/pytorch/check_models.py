"""check_models - AlexNet and VGG with the same weights, Gradus against PyTorch, live.

The logits of one image may differ by 1e-4, as L2 of the difference over L2, and the gradient of each
parameter by 3e-2: where a ReLU's input or the first two of a pool's window are nearly equal, rounding decides
who gets the gradient.  GRADUS_BUILD names the build folder with models_tool.
"""
import os
import subprocess
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

TOOL = Path(os.environ["GRADUS_BUILD"]).resolve() / "tests/models_tool"
LOGITS, GRADIENTS = 1e-4, 3e-2
CLASSES = 100


def relu():
    return nn.ReLU(inplace=True)


def lrn():
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


class Net(nn.Module):
    """torchvision's frame: features, avgpool, classifier."""

    def __init__(self, features, avgpool, classifier):
        super().__init__()
        self.features, self.avgpool, self.classifier = features, avgpool, classifier

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def alexnet():
    return Net(
        nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), relu(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), relu(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), relu(),
            nn.Conv2d(384, 256, 3, padding=1), relu(),
            nn.Conv2d(256, 256, 3, padding=1), relu(), nn.MaxPool2d(3, 2)),
        nn.AdaptiveAvgPool2d((6, 6)),
        nn.Sequential(
            nn.Dropout(), nn.Linear(9216, 4096), relu(),
            nn.Dropout(), nn.Linear(4096, 4096), relu(), nn.Linear(4096, CLASSES)))


def alexnet_two_towers():
    return Net(
        nn.Sequential(
            nn.Conv2d(3, 96, 11, 4), relu(), lrn(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), relu(), lrn(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), relu(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), relu(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), relu(), nn.MaxPool2d(3, 2)),
        nn.Identity(),
        nn.Sequential(
            nn.Linear(9216, 4096), relu(), nn.Dropout(),
            nn.Linear(4096, 4096), relu(), nn.Dropout(), nn.Linear(4096, CLASSES)))


def vgg11(batch_norm=False):
    layers, channels = [], 3
    for width, convolutions in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, width, 3, padding=1)]
            layers += [nn.BatchNorm2d(width)] if batch_norm else []
            layers += [relu()]
            channels = width
        layers.append(nn.MaxPool2d(2, 2))
    net = Net(
        nn.Sequential(*layers), nn.AdaptiveAvgPool2d((7, 7)),
        nn.Sequential(
            nn.Linear(25088, 4096), relu(), nn.Dropout(),
            nn.Linear(4096, 4096), relu(), nn.Dropout(), nn.Linear(4096, CLASSES)))
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.normal_()
            m.running_var.uniform_(0.5, 2)
            m.num_batches_tracked.fill_(7)
    return net


def vgg11_bn():
    return vgg11(batch_norm=True)


def theirs(net, x, y):
    """Logits, loss and gradients, in inference mode: dropout does nothing."""
    net.eval()
    logits = net(x)
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()
    return {"logits": logits.detach(), "loss": loss.detach(), **{n: p.grad for n, p in net.named_parameters()}}


def ours(name, net, x, y, folder):
    save_file(net.state_dict(), folder / "weights")
    save_file({"x": x, "y": y}, folder / "in")
    done = subprocess.run([TOOL, name, folder / "weights", folder / "in", folder / "out"], capture_output=True,
                          text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
    return load_file(folder / "out")


def difference(got, expected):
    assert got.shape == expected.shape, f"shape {got.shape}, expected {expected.shape}"
    norm = expected.double().norm()
    return ((got.double() - expected.double()).norm() / norm).item() if norm > 0 else got.abs().max().item()


def check(make, size):
    name = make.__name__
    torch.manual_seed(1)
    net, x, y = make(), torch.randn(1, 3, size, size), torch.tensor([7])
    with tempfile.TemporaryDirectory() as folder:
        got = ours(name, net, x, y, Path(folder))
    expected = theirs(net, x, y)
    assert got.keys() == expected.keys(), f"names {sorted(got.keys() ^ expected.keys())}"
    differences = {n: difference(got[n], expected[n]) for n in expected}
    logits = differences["logits"]
    worst = max((n for n in differences if n not in ("logits", "loss")), key=differences.get)
    text = f"logits {logits:.1e}, gradients {differences[worst]:.1e} in {worst}"
    if logits <= LOGITS and differences["loss"] <= LOGITS and differences[worst] <= GRADIENTS:
        print(f"ok {name}_agrees_with_pytorch ({text})", flush=True)
    else:
        print(f"not ok {name}_agrees_with_pytorch - {text}", flush=True)


def main():
    for make, size in ((alexnet, 95), (alexnet_two_towers, 227), (vgg11, 64), (vgg11_bn, 64)):
        try:
            check(make, size)
        except Exception as error:
            print(f"not ok {make.__name__}_agrees_with_pytorch - {error}", flush=True)


main()
