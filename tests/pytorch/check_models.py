"""check_models - AlexNet and VGG with the same weights, Gradus against PyTorch, live.

The logits of two images may differ by 1e-4, as L2 of the difference over L2, and the gradient of each
parameter by 3e-2: where a ReLU's input or the first two of a pool's window are nearly equal, rounding decides
who gets the gradient.  On the exact path (GRA_CONV_DIRECT) a gradient may differ by twice what PyTorch's own
two memory formats differ by in the same run.  GRADUS_BUILD names the build folder with models_tool.
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
# The two formats share the code of the dense layers and some sums over pixels, so they may agree to the last bit.
# Another order of the sums alone, through all the layers and back, moves a gradient by some tens of roundings of
# 2^-24: this is allowed on the exact path in any case.  Winograd's convolutions exceed it in each of the networks.
ROUNDING = 64 * 2.0 ** -24
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


def theirs(net, x, y, memory_format):
    """Logits, loss and gradients, in inference mode: dropout does nothing."""
    net.eval().to(memory_format=memory_format).zero_grad()
    logits = net(x.to(memory_format=memory_format))
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()
    return {"logits": logits.detach(), "loss": loss.detach(), **{n: p.grad for n, p in net.named_parameters()}}


def ours(name, folder, path):
    done = subprocess.run([TOOL, name, folder / "weights", folder / "in", folder / "out", *path], capture_output=True,
                          text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
    return load_file(folder / "out")


def difference(got, expected):
    assert got.shape == expected.shape, f"shape {got.shape}, expected {expected.shape}"
    norm = expected.double().norm()
    return ((got.double() - expected.double()).norm() / norm).item() if norm > 0 else got.abs().max().item()


def differences(got, expected):
    assert got.keys() == expected.keys(), f"names {sorted(got.keys() ^ expected.keys())}"
    return {n: difference(got[n], expected[n]) for n in expected}


def report(test, found, bounds):
    """found and bounds: name to difference, and to the most that is allowed."""
    worst = max((n for n in found if n not in ("logits", "loss")), key=lambda n: found[n] / bounds[n])
    text = f"logits {found['logits']:.1e}, gradients {found[worst]:.1e} of {bounds[worst]:.1e} allowed in {worst}"
    if all(found[n] <= bounds[n] for n in found):
        print(f"ok {test} ({text})", flush=True)
    else:
        print(f"not ok {test} - {text}, loss {found['loss']:.1e}", flush=True)


def check(make, size):
    name = make.__name__
    torch.manual_seed(1)
    net = make()
    torch.manual_seed(8)  # of the first eight the one that keeps widest of ties, where rounding would decide
    x, y = torch.randn(2, 3, size, size), torch.tensor([7, 42])
    outputs = {"logits": LOGITS, "loss": LOGITS}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        save_file(net.state_dict(), folder / "weights")
        save_file({"x": x, "y": y}, folder / "in")
        expected = theirs(net, x, y, torch.contiguous_format)
        formats = differences(theirs(net, x, y, torch.channels_last), expected)
        found = differences(ours(name, folder, []), expected)
        report(f"{name}_agrees_with_pytorch", found, {**dict.fromkeys(formats, GRADIENTS), **outputs})
        found = differences(ours(name, folder, ["exact"]), expected)
        exact = {n: max(2 * d, ROUNDING) for n, d in formats.items()}
        report(f"{name}_agrees_with_pytorch_on_the_exact_path", found, {**exact, **outputs})


def main():
    for make, size in ((alexnet, 95), (alexnet_two_towers, 227), (vgg11, 64), (vgg11_bn, 64)):
        try:
            check(make, size)
        except Exception as error:
            print(f"not ok {make.__name__}_agrees_with_pytorch - {error}", flush=True)


main()
