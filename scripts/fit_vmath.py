"""fit_vmath - prints the coefficients of the polynomials of ops/kernels/vmath.h that are the project's own.

Each is near the best polynomial for its weight: least squares on many points, the weights multiplied
by the error that is left until it is level (Lawson's iteration), in 50 digits; then rounded to float32
from the lowest degree up, the higher ones fitted again to what the rounding left.

    fit_vmath.py            needs mpmath and numpy
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 50
POINTS, ROUNDS = 400, 60


def solve(basis, target, weight):
    return np.linalg.lstsq(basis * weight[:, None], target * weight, rcond=None)[0]


def lawson(basis, target, scale):
    """The coefficients whose largest |basis @ c - target| * scale is near the least."""
    level = np.ones(len(target))
    best, coefficients = np.inf, None
    for _ in range(ROUNDS):
        c = solve(basis, target, scale * np.sqrt(level))
        error = np.abs(basis @ c - target) * scale
        if error.max() < best:
            best, coefficients = error.max(), c
        level *= error / error.max() + 1e-3
        level /= level.max()
    return coefficients, best


def fit(name, value, scale, low, high, degree, variable=lambda x: x):
    """A polynomial in variable(x) near value(x); scale(x) times the error is what counts."""
    angle = (np.arange(POINTS) + 0.5) * np.pi / POINTS
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
    v = np.array([float(variable(mp.mpf(t))) for t in x])
    left = np.array([float(value(mp.mpf(t))) for t in x])
    weight = np.array([float(scale(mp.mpf(t))) for t in x])
    rounded = []
    for k in range(degree + 1):
        basis = np.stack([v**j for j in range(k, degree + 1)], 1)
        c, worst = lawson(basis, left, weight)
        rounded.append(np.float32(c[0]))
        left = left - float(rounded[-1]) * v**k
    print(f"{name}: relative error {np.abs(left * weight).max():.2e}")
    for c in reversed(rounded):
        print(f"    {c:.9e}f")


def tail(a):
    return mp.erfc(a / mp.sqrt(2)) / 2 * mp.exp(a * a / 2)


fit("erf(x) / x - 1 in x^2, |x| <= 0.94", lambda x: mp.erf(x) / x - 1, lambda x: x / mp.erf(x),
    1e-3, 0.94, 5, lambda x: x * x)
fit("ln erfc(x) in x, 0.9 <= x <= 4", lambda x: mp.log(mp.erfc(x)), lambda x: mp.erfc(x) / mp.erf(x),
    0.9, 4, 7)
fit("e^(a^2/2) erfc(a / sqrt 2) / 2 in (a - 4) / (a + 4), 0 <= a <= 15", tail, lambda a: 1 / tail(a), 0, 15, 10,
    lambda a: (a - 4) / (a + 4))
fit("(sin x - x) / x^3 in x^2, |x| <= pi / 4", lambda x: (mp.sin(x) - x) / x**3, lambda x: x**3 / mp.sin(x), 1e-3,
    0.79, 3, lambda x: x * x)
fit("(cos x - 1 + x^2 / 2) / x^4 in x^2, |x| <= pi / 4", lambda x: (mp.cos(x) - 1 + x**2 / 2) / x**4,
    lambda x: x**4 / mp.cos(x), 1e-3, 0.79, 2, lambda x: x * x)
