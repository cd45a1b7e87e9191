#!/usr/bin/env python3
"""check_optim - sixty steps of every optimizer with every option, Gradus against PyTorch, live.

    check_optim.py             compares; prints `ok NAME` or `not ok NAME - why`
    check_optim.py --record    writes PyTorch's numbers to tests/optim/recorded.safetensors

GRADUS_BUILD names the build folder with optim_tool. The cases are those of tests/optim/optimizer_cases.h.
"""
import sys
import time
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.optim import lr_scheduler as plans
from torch.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, RMSprop

from checks import Tool, run_checks

RECORDED = Path(__file__).resolve().parent.parent / "optim/recorded.safetensors"
STEPS = 60

tool = Tool("optim_tool")


class LARS(torch.optim.Optimizer):
    """PyTorch has none: algorithm 1 of You, Gitman and Ginsburg, arXiv 1708.03888."""

    def __init__(self, params, lr, momentum=0, weight_decay=0, trust_coefficient=1e-3, eps=1e-8, exclude_1d=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, eps=eps,
                                      trust_coefficient=trust_coefficient, exclude_1d=exclude_1d))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                rate, decay, g = group["lr"], group["weight_decay"], p.grad
                if group["exclude_1d"] and p.dim() <= 1:
                    decay = 0
                elif p.norm() > 0 and g.norm() > 0:
                    rate = rate * group["trust_coefficient"] * p.norm() / (g.norm() + decay * p.norm() + group["eps"])
                d = rate * (g + decay * p)
                if group["momentum"]:
                    buffer = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                    d = buffer.mul_(group["momentum"]).add_(d)
                p -= d


CASES = {
    "sgd": (SGD, dict(lr=0.1)),
    "sgd_momentum": (SGD, dict(lr=0.05, momentum=0.9, weight_decay=1e-2)),
    "sgd_dampening": (SGD, dict(lr=0.05, momentum=0.9, dampening=0.3, maximize=True)),
    "sgd_nesterov": (SGD, dict(lr=0.05, momentum=0.8, weight_decay=0.1, nesterov=True)),
    "adam": (Adam, dict()),
    "adam_options": (Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1)),
    "adam_amsgrad": (Adam, dict(lr=0.05, betas=(0.9, 0.9), amsgrad=True)),
    "adam_maximize": (Adam, dict(lr=0.05, maximize=True, amsgrad=True, weight_decay=0.1)),
    "adam_no_averages": (Adam, dict(lr=0.05, betas=(0.0, 0.0))),
    "adamw": (AdamW, dict()),
    "adamw_options": (AdamW, dict(lr=0.05, betas=(0.5, 0.9), eps=1e-5, weight_decay=0.2)),
    "adamw_amsgrad": (AdamW, dict(lr=0.05, amsgrad=True, maximize=True)),
    "adamax": (Adamax, dict()),
    "adamax_options": (Adamax, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, maximize=True)),
    "nadam": (NAdam, dict()),
    "nadam_options": (NAdam, dict(lr=0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, momentum_decay=0.1,
                                  maximize=True)),
    "nadam_decoupled": (NAdam, dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
    "rmsprop": (RMSprop, dict()),
    "rmsprop_options": (RMSprop, dict(lr=0.02, alpha=0.9, eps=1e-4, weight_decay=0.1, maximize=True)),
    "rmsprop_momentum": (RMSprop, dict(lr=0.01, alpha=0.9, momentum=0.7)),
    "rmsprop_centered": (RMSprop, dict(lr=0.01, alpha=0.9, centered=True)),
    "rmsprop_all": (RMSprop, dict(lr=0.01, alpha=0.95, momentum=0.5, centered=True, weight_decay=0.01)),
    "adagrad": (Adagrad, dict()),
    "adagrad_options": (Adagrad, dict(lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-4,
                                      maximize=True)),
    "adadelta": (Adadelta, dict()),
    "adadelta_options": (Adadelta, dict(lr=0.7, rho=0.8, eps=1e-3, weight_decay=0.1, maximize=True)),
    "lars": (LARS, dict(lr=10)),
    "lars_momentum": (LARS, dict(lr=5, momentum=0.9, weight_decay=0.01, eps=1e-3)),
    "lars_excluding": (LARS, dict(lr=0.1, momentum=0.5, weight_decay=0.01, trust_coefficient=0.02, exclude_1d=True)),
}


def halving(t, group):
    return 1 / (t + 1) if group else 0.5 if t % 2 else 1


PLANS = {
    "step_lr": lambda opt: plans.StepLR(opt, 3, gamma=0.5),
    "multi_step_lr": lambda opt: plans.MultiStepLR(opt, [2, 5, 5]),
    "exponential_lr": lambda opt: plans.ExponentialLR(opt, 0.9),
    "constant_lr": lambda opt: plans.ConstantLR(opt),
    "constant_lr_options": lambda opt: plans.ConstantLR(opt, factor=0.7, total_iters=9),
    "linear_lr": lambda opt: plans.LinearLR(opt),
    "linear_lr_options": lambda opt: plans.LinearLR(opt, start_factor=0.9, end_factor=0, total_iters=11),
    "polynomial_lr": lambda opt: plans.PolynomialLR(opt),
    "polynomial_lr_options": lambda opt: plans.PolynomialLR(opt, total_iters=13, power=2.5),
    "cosine_annealing_lr": lambda opt: plans.CosineAnnealingLR(opt, 7, eta_min=0.01),
    "cosine_annealing_lr_shortest": lambda opt: plans.CosineAnnealingLR(opt, 1),
    "warm_restarts": lambda opt: plans.CosineAnnealingWarmRestarts(opt, 4),
    "warm_restarts_options": lambda opt: plans.CosineAnnealingWarmRestarts(opt, 3, T_mult=2, eta_min=0.005),
    "lambda_lr": lambda opt: plans.LambdaLR(opt, [lambda t: halving(t, 0), lambda t: halving(t, 1)]),
    "one_cycle_lr": lambda opt: plans.OneCycleLR(opt, 0.3, 41),
    "one_cycle_lr_linear": lambda opt: plans.OneCycleLR(opt, 0.3, 41, pct_start=0.45, anneal_strategy="linear"),
    "one_cycle_lr_three_phase": lambda opt: plans.OneCycleLR(
        opt, 0.3, 45, three_phase=True, div_factor=10, final_div_factor=100, base_momentum=0.7, max_momentum=0.9),
    "one_cycle_lr_groups": lambda opt: plans.OneCycleLR(opt, [0.5, 0.25], total_steps=41, cycle_momentum=False),
    "one_cycle_lr_adamw": lambda opt: plans.OneCycleLR(opt, 0.3, 41, pct_start=0.0),
    "plateau_metric": lambda opt: plans.ReduceLROnPlateau(opt, patience=2),
    "plateau_options_metric": lambda opt: plans.ReduceLROnPlateau(
        opt, factor=0.5, patience=1, threshold=0.2, threshold_mode="abs", cooldown=2, min_lr=[0.03, 0.001], eps=1e-3),
    "plateau_max_metric": lambda opt: plans.ReduceLROnPlateau(opt, mode="max", patience=3, min_lr=1e-4),
    "plateau_max_abs_metric": lambda opt: plans.ReduceLROnPlateau(
        opt, mode="max", patience=0, threshold_mode="abs", threshold=0.5),
    "warm_up_and_cosine": lambda opt: plans.SequentialLR(
        opt, [plans.LinearLR(opt, 0.1), plans.CosineAnnealingLR(opt, 20, eta_min=0.001)], [6]),
    "three_in_a_row": lambda opt: plans.SequentialLR(
        opt, [plans.ConstantLR(opt, total_iters=3), plans.ExponentialLR(opt, 0.8), plans.PolynomialLR(opt, 10, 2)],
        [4, 15]),
    "chained": lambda opt: plans.ChainedScheduler([plans.ConstantLR(opt, 0.5, 4), plans.ExponentialLR(opt, 0.9)]),
}
PLAN_STEPS = 40
METRICS = [3, 2, 1.9, 1.9, 1.9, 1.89999, 2.5, 1, 1, 1]


def follow(name):
    """Both groups' rates and the first one's momentum, before the first step of a plan and after each."""
    groups = [dict(params=[torch.nn.Parameter(torch.ones(1))], lr=lr) for lr in (0.1, 0.02)]
    opt = AdamW(groups, lr=0.1) if "adamw" in name else SGD(groups, lr=0.1, momentum=0.5)
    plan, rows = PLANS[name](opt), []
    for t in range(PLAN_STEPS + 1):
        first, second = opt.param_groups
        rows.append([first["lr"], second["lr"], first["betas"][0] if "adamw" in name else first["momentum"]])
        opt.step()
        if t == PLAN_STEPS:
            break
        plan.step(*[METRICS[t % 10] - t // 20] if "metric" in name else [])
    return torch.tensor(rows, dtype=torch.float64)


def samples(seed):
    """First values and gradients; one element never has a gradient, and one has the same sign throughout."""
    torch.manual_seed(seed)
    named = {}
    for i, shape in enumerate([(3, 4), (5,)]):
        named[f"start.{i}"] = torch.randn(shape)
        gradients = torch.randn(STEPS, *shape)
        gradients.reshape(STEPS, -1)[:, 0] = 0
        gradients.reshape(STEPS, -1)[:, 1].abs_()
        named[f"gradients.{i}"] = gradients
    return named


def leaves(named, dtype):
    return [named[f"start.{i}"].to(dtype).clone().requires_grad_() for i in range(2)]


def take_steps(opt, p, named, first=0, end=STEPS):
    for t in range(first, end):
        if t == STEPS // 2:
            for group in opt.param_groups:
                group["lr"] /= 2
        for i, leaf in enumerate(p):
            leaf.grad = named[f"gradients.{i}"][t].to(leaf.dtype)
        opt.step()


def result(name, opt, p):
    """CASE.INDEX and CASE.INDEX.MEMORY, the tensors that the optimizer remembers."""
    named = {}
    for i, leaf in enumerate(p):
        named[f"{name}.{i}"] = leaf.detach()
        for key, value in opt.state[leaf].items():
            if torch.is_tensor(value) and value.dim() > 0:
                named[f"{name}.{i}.{key}"] = value
    return named


def run(name, named, dtype):
    p = leaves(named, dtype)
    optimizer, options = CASES[name]
    opt = optimizer(p, **options)
    take_steps(opt, p, named)
    return result(name, opt, p)


def record():
    named = samples(1)
    for name in CASES:
        named |= run(name, named, torch.float64)
    for name in PLANS:
        named[f"plans.{name}"] = follow(name)
    save_file({k: v.contiguous() for k, v in named.items()}, RECORDED)


def largest_difference(expected, got):
    assert expected.keys() == got.keys(), f"names {sorted(got.keys() ^ expected.keys())} are in one only"
    worst = 0, None
    for name, tensor in expected.items():
        assert got[name].dtype == tensor.dtype and got[name].shape == tensor.shape, name
        apart = ((got[name] - tensor).abs() / (1 + tensor.abs())).max().item()
        worst = max(worst, (apart, name), key=lambda pair: pair[0])
    return worst


def compare(folder, dtype, tolerance):
    named = samples(int(time.time() // 86400))
    save_file(named, folder / "start.safetensors")
    tool("run", str(dtype).removeprefix("torch."), folder / "start.safetensors", folder / "ours.safetensors")
    ours, theirs = load_file(folder / "ours.safetensors"), {}
    for name in CASES:
        theirs |= run(name, named, dtype)
    apart, name = largest_difference(theirs, ours)
    assert apart <= tolerance, f"{name} differs by {apart:.1e}, not {tolerance:.0e}"


def check_sixty_steps_agree_with_pytorch_in_float64(folder):
    compare(folder, torch.float64, 1e-12)


def check_sixty_steps_agree_with_pytorch_in_float32(folder):
    compare(folder, torch.float32, 4e-6)


def to_pytorch(name, file, opt, p):
    """Puts what gra_save_training wrote into PyTorch's parameters and optimizer."""
    prefix = f"optim.{CASES[name][0].__name__}."
    groups, state = opt.state_dict()["param_groups"], {0: {}, 1: {}}
    for i, leaf in enumerate(p):
        leaf.data.copy_(file[f"module.{'ab'[i]}"])
    for key, value in file.items():
        if key.startswith(prefix + "groups.0."):
            option = key.removeprefix(prefix + "groups.0.")
            if option.startswith("beta"):
                betas = list(groups[0]["betas"])
                betas[int(option[-1]) - 1] = value.item()
                groups[0]["betas"] = tuple(betas)
            else:
                groups[0][option] = type(groups[0][option])(value.item())
        elif key.startswith(prefix + "state."):
            parameter, memory = key.removeprefix(prefix + "state.").split(".")
            if memory != "group":
                state["ab".index(parameter)][memory] = value
    opt.load_state_dict(dict(param_groups=groups, state=state))


def from_pytorch(name, opt, p):
    """What gra_load_training reads."""
    prefix = f"optim.{CASES[name][0].__name__}."
    named = {"generator": torch.zeros(2, dtype=torch.int64)}
    for option, value in opt.param_groups[0].items():
        if option == "betas":
            named |= {f"{prefix}groups.0.beta{i + 1}": torch.tensor(beta) for i, beta in enumerate(value)}
        elif option not in ("params", "foreach", "differentiable", "fused", "capturable"):
            named[f"{prefix}groups.0.{option}"] = torch.tensor(float(value))
    for parameter, leaf in zip("ab", p):
        named |= {f"module.{parameter}": leaf.detach(), f"{prefix}state.{parameter}.group": torch.tensor(0.0),
                  f"{prefix}state.{parameter}.step": torch.tensor(0.0)}
        for memory, value in opt.state[leaf].items():
            if value is not None:
                named[f"{prefix}state.{parameter}.{memory}"] = torch.as_tensor(value)
    return named


def check_pytorch_continues_our_run(folder):
    named = samples(2)
    save_file(named, folder / "start.safetensors")
    for name, (optimizer, options) in CASES.items():
        tool("part", name, "float64", folder / "start.safetensors", 0, 25, "-", folder / "run.safetensors")
        p = leaves(named, torch.float64)
        opt = optimizer(p, **options)
        to_pytorch(name, load_file(folder / "run.safetensors"), opt, p)
        take_steps(opt, p, named, 25)
        apart, where = largest_difference(run(name, named, torch.float64), result(name, opt, p))
        assert apart <= 1e-12, f"{where} differs by {apart:.1e}"


def check_we_continue_pytorchs_run(folder):
    named = samples(2)
    save_file(named, folder / "start.safetensors")
    for name, (optimizer, options) in CASES.items():
        p = leaves(named, torch.float64)
        opt = optimizer(p, **options)
        take_steps(opt, p, named, 0, 25)
        save_file(from_pytorch(name, opt, p), folder / "run.safetensors")
        tool("part", name, "float64", folder / "start.safetensors", 25, STEPS, folder / "run.safetensors",
             folder / "end.safetensors")
        take_steps(opt, p, named, 25)
        ours = load_file(folder / "end.safetensors")
        theirs = {f"module.{'ab'[i]}": leaf.detach() for i, leaf in enumerate(p)}
        apart, where = largest_difference(theirs, {key: ours[key] for key in theirs})
        assert apart <= 1e-12, f"{name}: {where} differs by {apart:.1e}"


def check_plans_agree_with_pytorch(folder):
    tool("plans", folder / "ours.safetensors")
    apart, name = largest_difference({name: follow(name) for name in PLANS}, load_file(folder / "ours.safetensors"))
    assert apart <= 1e-14, f"{name} differs by {apart:.1e}"


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")  # of PyTorch, about plans within plans
    if "--record" in sys.argv:
        record()
    else:
        sys.exit(run_checks(globals()))
