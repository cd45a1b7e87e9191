#!/usr/bin/env python3
"""Images and transforms against Pillow and torchvision.

Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder.

Decoders agree to the byte where the version of libjpeg is the same; Pillow brings its own, so that single
pixels of a JPEG may be one or two greys apart. Resizing rounds once where Pillow rounds after each direction: at
most one grey apart.
"""
import sys

import numpy as np
import torch
import vision  # noqa: F401  before torchvision
from PIL import Image, ImageOps
from torchvision.transforms import functional as F
from torchvision.transforms import InterpolationMode, RandomCrop, RandomErasing, RandomResizedCrop

from checks import Tool, run_checks

tool = Tool("transforms_tool")
RGB, GREY, UNCHANGED = 0, 1, 2


def picture(height, width, channels=3):
    """Smooth colours with edges and a little noise."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin(x / (9 + 4 * c) + y / (13 - 2 * c)) for c in range(channels)]
    image = np.stack(waves, -1) + random.normal(0, 4, (height, width, channels))
    image[height // 4: height // 2, width // 3: width // 2] = 240 - 60 * np.arange(channels)
    return np.clip(image, 0, 255).astype(np.uint8)


def read(path, mode=RGB):
    tool("read", path, f"{path}.npy", mode)
    return np.load(f"{path}.npy").transpose(1, 2, 0)


def differ_by(got, expected, most, where=""):
    assert got.shape == expected.shape, f"{where}: shape {got.shape}, expected {expected.shape}"
    difference = np.abs(got.astype(float) - expected.astype(float)).max()
    assert difference <= most, f"{where}: {difference} apart, {most} allowed"


def applied(source, name, *numbers, seed=1):
    """The transform of an array [H, W, C], or of an image file."""
    out = source.parent / "out.npy"
    tool("apply", source, out, seed, name, *numbers)
    return torch.from_numpy(np.load(out))


def saved(folder, array):
    np.save(folder / "in.npy", np.ascontiguousarray(array.transpose(2, 0, 1)))
    return folder / "in.npy"


def shown(path):
    return np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


def check_every_kind_of_png(folder):
    rgb = Image.fromarray(picture(37, 53))
    alpha = Image.fromarray(picture(37, 53, 4))
    grey16 = Image.fromarray((picture(37, 53)[..., 0].astype(np.uint16) * 257 + 3))
    kinds = {"rgb": rgb, "rgba": alpha, "l": rgb.convert("L"), "la": alpha.convert("LA"), "p": rgb.quantize(200),
             "p4": rgb.quantize(13), "1": rgb.convert("1"), "i16": grey16}
    for name, image in kinds.items():
        path = folder / f"{name}.png"
        image.save(path)
        if name == "i16":  # Pillow has its own idea of 16-bit greys as colours
            expected = np.repeat((np.asarray(grey16) >> 8).astype(np.uint8)[..., None], 3, -1)
        else:
            expected = shown(path)
        differ_by(read(path), expected, 0, name)
    rgb.quantize(9).save(folder / "trns.png", transparency=3)
    differ_by(read(folder / "trns.png"), shown(folder / "trns.png"), 0, "trns")
    differ_by(read(folder / "trns.png", UNCHANGED), np.asarray(Image.open(folder / "trns.png").convert("RGBA")), 0,
              "trns unchanged")
    differ_by(read(folder / "rgba.png", UNCHANGED), np.asarray(alpha), 0, "rgba unchanged")
    differ_by(read(folder / "la.png", UNCHANGED), np.asarray(kinds["la"]), 0, "la unchanged")
    differ_by(read(folder / "rgb.png", GREY)[..., 0], np.asarray(rgb.convert("L")), 0, "grey")


def check_every_kind_of_jpeg(folder):
    rgb = Image.fromarray(picture(61, 83))
    kinds = {"rgb": (rgb, {}), "444": (rgb, {"subsampling": 0}), "422": (rgb, {"subsampling": 1}),
             "progressive": (rgb, {"progressive": True}), "l": (rgb.convert("L"), {}), "cmyk": (rgb.convert("CMYK"), {}),
             "restarts": (rgb, {"restart_marker_blocks": 3})}
    for name, (image, options) in kinds.items():
        path = folder / f"{name}.jpg"
        image.save(path, quality=92, **options)
        differ_by(read(path), shown(path), 2, name)
    differ_by(read(folder / "l.jpg", UNCHANGED), np.asarray(Image.open(folder / "l.jpg"))[..., None], 1, "l unchanged")
    differ_by(read(folder / "rgb.jpg", GREY)[..., 0], np.asarray(Image.open(folder / "rgb.jpg").convert("L")), 3, "grey")


def check_every_orientation(folder):
    rgb = Image.fromarray(picture(48, 64))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        for ending in ("png", "jpg"):
            path = folder / f"{orientation}.{ending}"
            rgb.save(path, exif=exif)
            differ_by(read(path), shown(path), 2 if ending == "jpg" else 0, path.name)
            resized = applied(path, "resize_and_crop", 30, 24)
            expected = F.center_crop(F.resize(Image.fromarray(shown(path)), 30), 24)
            differ_by(resized.permute(1, 2, 0).numpy(), np.asarray(expected), 3, f"resized {path.name}")


def check_written_files_are_read_by_pillow(folder):
    for channels in (1, 2, 3, 4):
        image = picture(21, 34, channels)
        tool("write", saved(folder, image), folder / "out.png")
        got = np.asarray(Image.open(folder / "out.png"))
        differ_by(got.reshape(image.shape), image, 0, f"png {channels}")
    tool("write", saved(folder, picture(21, 34)), folder / "out.jpg")
    Image.fromarray(picture(21, 34)).save(folder / "theirs.jpg", quality=95)
    differ_by(np.asarray(Image.open(folder / "out.jpg")), np.asarray(Image.open(folder / "theirs.jpg")), 2, "jpg")


def check_resize(folder):
    for height, width, size in [(375, 500, 256), (500, 375, 224), (60, 90, 128), (64, 64, 64), (301, 77, 32), (9, 7, 3)]:
        image = picture(height, width)
        got = applied(saved(folder, image), "resize", size).permute(1, 2, 0).numpy()
        differ_by(got, np.asarray(F.resize(Image.fromarray(image), size)), 1, f"{height} x {width} to {size}")
    for to in [(50, 300), (300, 50), (1, 1), (7, 2)]:
        image = picture(120, 160)
        got = applied(saved(folder, image), "resize_to", *to).permute(1, 2, 0).numpy()
        differ_by(got, np.asarray(F.resize(Image.fromarray(image), to)), 1, f"to {to}")


def check_resize_of_floats(folder):
    for size in (20, 41, 100, 230):
        x = picture(120, 160).astype(np.float32) / 255
        got = applied(saved(folder, x), "resize", size)
        expected = F.resize(torch.from_numpy(x.transpose(2, 0, 1)), size, antialias=True)
        differ_by(got.numpy(), expected.numpy(), 1e-5, f"to {size}")


def check_resize_from_a_file(folder):
    """At a reduced scale where that is more than twice too large: as close to the full way as Pillow's draft."""
    Image.fromarray(picture(900, 1300)).save(folder / "big.jpg", quality=95)
    for size in (400, 224, 100, 56, 30):
        full = np.asarray(F.resize(Image.open(folder / "big.jpg").convert("RGB"), size)).astype(float)
        got = applied(folder / "big.jpg", "resize", size).permute(1, 2, 0).numpy()
        theirs = Image.open(folder / "big.jpg")
        height, width = full.shape[:2]
        _, box = theirs.draft("RGB", (2 * width, 2 * height))
        theirs = theirs.resize((width, height), Image.BILINEAR, box=box)
        assert got.shape == full.shape
        ours, theirs = np.abs(got - full).mean(), np.abs(np.asarray(theirs) - full).mean()
        print(f"# resize to {size}: {ours:.2f} greys from the full way on average, Pillow's draft {theirs:.2f}")
        assert ours <= theirs + 0.3, f"{size}: {ours:.3f} greys from the full way, Pillow's draft {theirs:.3f}"


def check_crops_flips_and_margins(folder):
    image = picture(41, 58)
    path, tensor = saved(folder, image), torch.from_numpy(image.transpose(2, 0, 1).copy())
    for size in (40, 31, 1):
        assert torch.equal(applied(path, "center_crop", size), F.center_crop(tensor, [size, size])), f"center {size}"
        assert torch.equal(applied(path, "five_crop", size), torch.stack(F.five_crop(tensor, [size, size])))
        for vertical in (0, 1):
            expected = torch.stack(F.ten_crop(tensor, [size, size], vertical_flip=bool(vertical)))
            assert torch.equal(applied(path, "ten_crop", size, vertical), expected), f"ten {size}"
    assert torch.equal(applied(path, "flip", 1), F.hflip(tensor))
    assert torch.equal(applied(path, "vertical_flip", 1), F.vflip(tensor))
    for mode, name in enumerate(("constant", "reflect", "edge")):
        expected = F.pad(tensor, [3, 5, 0, 9], fill=77 if mode == 0 else 0, padding_mode=name)
        assert torch.equal(applied(path, "pad", 3, 5, 0, 9, 77, mode), expected), name


def check_numbers(folder):
    image = picture(23, 31)
    path = saved(folder, image)
    assert torch.equal(applied(path, "to_tensor"), F.to_tensor(image))
    expected = F.normalize(F.to_tensor(image), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert torch.equal(applied(path, "to_tensor_and_normalize"), expected)
    for channels in (1, 3):
        got = applied(path, "grayscale", channels).permute(1, 2, 0).numpy()
        differ_by(got.squeeze(), np.asarray(F.to_grayscale(Image.fromarray(image), channels)), 0, "grayscale")


def factor_of(seed, low, high):
    """What color_jitter draws for one kind of change: four numbers for the order are drawn before it."""
    return float(tool("draws", seed, 0, 1, 0, 1, 0, 1, 0, 1, low, high).split()[-1])


def check_color_jitter(folder):
    image = picture(33, 47)
    path, pil = saved(folder, image), Image.fromarray(image)
    tensor = torch.from_numpy(image.transpose(2, 0, 1).copy())
    for seed in range(1, 6):
        f = factor_of(seed, 0.3, 1.7)
        for name, reaches, change in [("brightness", (0.7, 0, 0, 0), F.adjust_brightness),
                                      ("contrast", (0, 0.7, 0, 0), F.adjust_contrast),
                                      ("saturation", (0, 0, 0.7, 0), F.adjust_saturation)]:
            got = applied(path, "jitter", *reaches, seed=seed).permute(1, 2, 0).numpy()
            differ_by(got, np.asarray(change(pil, f)), 1, f"{name} {f}")
        f = factor_of(seed, -0.4, 0.4)
        got = applied(path, "jitter", 0, 0, 0, 0.4, seed=seed)
        differ_by(got.numpy(), F.adjust_hue(tensor, f).numpy(), 1, f"hue {f}")
    x = tensor.float() / 255
    np.save(folder / "floats.npy", x.numpy())
    for seed in (1, 2):
        f = factor_of(seed, 0.3, 1.7)
        for reaches, change in [((0.7, 0, 0, 0), F.adjust_brightness), ((0, 0.7, 0, 0), F.adjust_contrast),
                                ((0, 0, 0.7, 0), F.adjust_saturation)]:
            got = applied(folder / "floats.npy", "jitter", *reaches, seed=seed)
            differ_by(got.numpy(), change(x, f).numpy(), 1e-5, "floats")
        f = factor_of(seed, -0.4, 0.4)
        got = applied(folder / "floats.npy", "jitter", 0, 0, 0, 0.4, seed=seed)
        differ_by(got.numpy(), F.adjust_hue(x, f).numpy(), 1e-4, "hue of floats")


def check_affine(folder):
    image = picture(40, 56)
    path, tensor = saved(folder, image), torch.from_numpy(image.transpose(2, 0, 1).copy())
    for seed in range(1, 6):
        draws = tool("draws", seed, -30, 30, -0.2 * 56, 0.2 * 56, -0.1 * 40, 0.1 * 40, 0.7, 1.3, -20, 20).split()
        angle, across, down, scale, shear = map(float, draws)
        for bilinear in (0, 1):
            mode = InterpolationMode.BILINEAR if bilinear else InterpolationMode.NEAREST
            expected = F.affine(tensor, angle, [round(across), round(down)], scale, [shear, 0], mode)
            got = applied(path, "affine", 30, 0.2, 0.1, 0.7, 1.3, 20, 0, bilinear, seed=seed)
            wrong = (got.int() - expected.int()).abs() > 1
            assert wrong.float().mean() < 0.002, f"{wrong.float().mean():.4f} of the pixels differ, bilinear {bilinear}"


def check_fallback_of_random_resized_crop(folder):
    for height, width in [(40, 90), (90, 40)]:
        image = picture(height, width)
        got = applied(saved(folder, image), "random_resized_crop", 32, 1, 1, 1, 1).permute(1, 2, 0).numpy()
        side = min(height, width)
        expected = F.resized_crop(Image.fromarray(image), (height - side) // 2, (width - side) // 2, side, side, [32, 32])
        differ_by(got, np.asarray(expected), 1, f"{height} x {width}")


def statistics(parts):
    """Means and deviations of left, top, width and height."""
    parts = np.asarray(parts, float)
    return np.concatenate([parts.mean(0), parts.std(0)])


def check_random_resized_crop_in_distribution(folder):
    """The parts are read off an image whose numbers are the places of its pixels."""
    height, width, count = 120, 160, 3000
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    np.save(folder / "places.npy", np.stack([x, y]))
    tool("many", folder / "places.npy", folder / "many.npy", count, "random_resized_crop", 8, 0.08, 1, 3 / 4, 4 / 3)
    got = np.load(folder / "many.npy")
    middle = got.mean((2, 3)) + 0.5
    slope = np.stack([got[:, 0, :, 5] - got[:, 0, :, 2], got[:, 1, 5] - got[:, 1, 2]]).mean(2).T / 3 * 8
    ours = np.concatenate([middle - slope / 2, slope], 1)
    torch.manual_seed(1)
    blank = torch.zeros(1, height, width)
    theirs = [RandomResizedCrop.get_params(blank, [0.08, 1], [3 / 4, 4 / 3]) for _ in range(count)]
    theirs = [(left, top, w, h) for top, left, h, w in theirs]
    differ_by(statistics(ours), statistics(theirs), 3, "left, top, width and height")


def check_random_erasing_in_distribution(folder):
    count = 2000
    np.save(folder / "zeros.npy", np.zeros((1, 50, 70), np.float32))
    tool("many", folder / "zeros.npy", folder / "many.npy", count, "erasing", 1, 1)
    ours = np.load(folder / "many.npy").mean((1, 2, 3))
    torch.manual_seed(1)
    erase = RandomErasing(p=1, value=1)
    theirs = np.array([erase(torch.zeros(1, 50, 70)).mean().item() for _ in range(count)])
    differ_by(np.array([ours.mean(), ours.std()]), np.array([theirs.mean(), theirs.std()]), 0.008, "erased area")


def check_random_crop_in_distribution(folder):
    y, x = np.mgrid[0:32, 0:32].astype(np.float32)
    np.save(folder / "places.npy", np.stack([x, y]) + 1)
    tool("many", folder / "places.npy", folder / "many.npy", 4000, "random_crop", 32, 4)
    got = np.load(folder / "many.npy")
    middle = got[:, :, 16, 16] - 17  # -4 to 4 for each, uniform
    for offsets in middle.T:
        counts = np.bincount(offsets.astype(int) + 4, minlength=9)
        assert len(counts) == 9 and counts.min() > 370 and counts.max() < 520, f"offsets drawn {counts}"
    assert RandomCrop(32, padding=4)(torch.zeros(1, 32, 32)).shape == (1, 32, 32)


if __name__ == "__main__":
    sys.exit(run_checks(dict(globals())))
