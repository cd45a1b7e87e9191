#!/usr/bin/env python3
"""TensorBoard reads the library's event files, and finds in them what PyTorch's SummaryWriter writes for the same values.

Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder.
"""
import io
import math
import sys

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from checks import Tool, run_checks

tool = Tool("tensorboard_tool")


def values():
    random = np.random.default_rng(1)
    edges = [0, 1e-12, -1e-12, 1.1e-12, 1e-13, -1e-13, 1, -1, 1e15, 1e19]
    return np.concatenate([random.normal(size=200), random.normal(size=50) * 1e-5, edges])


def images():
    random = np.random.default_rng(2)
    return [random.integers(0, 256, (3, 5, 7), dtype=np.uint8), random.random((3, 6, 4), dtype=np.float32),
            random.random((1, 3, 8), dtype=np.float32) * 1.4 - 0.2, random.integers(0, 256, (4, 5, 5), dtype=np.uint8)]


def ours(folder):
    paths = []
    for i, array in enumerate([values(), *images()]):
        paths.append(folder / f"array{i}.npy")
        np.save(paths[-1], array)
    tool(folder / "ours", *paths)
    return folder / "ours"


def theirs(folder):
    writer = SummaryWriter(folder / "theirs")
    for i, value in enumerate(values()):
        writer.add_scalar("group/scalar", value, 3 * i)
        writer.add_scalars("several/curves", {"plain": value, "twice": 2 * value}, i)
    writer.add_scalar("nan", math.nan, -1)
    writer.add_histogram("histogram", values(), 7)
    writer.add_histogram("strided", values(), 8)
    writer.add_histogram("one", np.array([0.5]), 9)
    writer.add_text("text", "a **bold** word, \u00e9", 4)
    for i, image in enumerate(images()):
        writer.add_image(f"image{i}", image, i + 3)
    writer.close()
    return folder / "theirs"


def load(folder):
    keep_all = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0, "graph": 0}
    return EventAccumulator(str(folder), size_guidance=keep_all).Reload()


def both(folder):
    return load(ours(folder)), load(theirs(folder))


def check_the_same_tags_are_there(folder):
    got, expected = both(folder)
    for kind in ("scalars", "histograms", "images", "tensors"):
        assert got.Tags()[kind] == expected.Tags()[kind], f"{kind}: {got.Tags()[kind]}, {expected.Tags()[kind]}"
    assert got.Tags()["graph"] is True
    assert got.file_version == expected.file_version == 2.0


def check_scalars_are_the_same(folder):
    got, expected = both(folder)
    for tag in expected.Tags()["scalars"]:
        pairs = list(zip(got.Scalars(tag), expected.Scalars(tag), strict=True))
        for mine, other in pairs:
            assert mine.step == other.step
            assert mine.value == other.value or (math.isnan(mine.value) and math.isnan(other.value)), (tag, mine, other)
            assert abs(mine.wall_time - other.wall_time) < 600


def check_several_curves_are_in_the_same_folders(folder):
    mine, other = ours(folder), theirs(folder)
    names = sorted(path.name for path in other.iterdir() if path.is_dir())
    assert names == sorted(path.name for path in mine.iterdir() if path.is_dir()), names
    assert len(names) == 2
    for name in names:
        got, expected = load(mine / name), load(other / name)
        assert [(e.step, e.value) for e in got.Scalars("several/curves")] == \
               [(e.step, e.value) for e in expected.Scalars("several/curves")]


def check_histograms_have_the_same_buckets(folder):
    got, expected = both(folder)
    for tag in expected.Tags()["histograms"]:
        mine, other = got.Histograms(tag)[0], expected.Histograms(tag)[0]
        assert mine.step == other.step
        mine, other = mine.histogram_value, other.histogram_value
        assert list(mine.bucket_limit) == list(other.bucket_limit), tag
        assert list(mine.bucket) == list(other.bucket), tag
        assert (mine.min, mine.max, mine.num) == (other.min, other.max, other.num)
        assert math.isclose(mine.sum, other.sum, rel_tol=1e-12), (mine.sum, other.sum)
        assert math.isclose(mine.sum_squares, other.sum_squares, rel_tol=1e-12)


def pixels(event):
    return np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))


def check_images_have_the_same_pixels(folder):
    got, expected = both(folder)
    assert len(expected.Tags()["images"]) == len(images())
    for tag in expected.Tags()["images"]:
        mine, other = got.Images(tag)[0], expected.Images(tag)[0]
        assert (mine.step, mine.width, mine.height) == (other.step, other.width, other.height)
        mine, other = pixels(mine), pixels(other)
        if mine.ndim == 2:  # PyTorch writes grey images as three equal channels
            mine = np.stack([mine] * 3, axis=-1)
        assert np.array_equal(mine, other), tag


def check_texts_are_the_same(folder):
    got, expected = both(folder)
    mine, other = got.Tensors("text/text_summary")[0], expected.Tensors("text/text_summary")[0]
    assert mine.step == other.step
    assert mine.tensor_proto == other.tensor_proto
    assert got.SummaryMetadata("text/text_summary").plugin_data.plugin_name == "text"


def check_the_graph_is_one(folder):
    graph = load(ours(folder)).Graph()
    nodes = {node.name: node for node in graph.node}
    assert len(nodes) == len(graph.node), "two nodes have the same name"
    for node in nodes.values():
        assert all(name.partition(":")[0] in nodes for name in node.input), node
    assert set(nodes["0/conv2d"].input) == {"constant", "0/weight", "0/bias"}, nodes["0/conv2d"]
    shape = nodes["0/conv2d"].attr["_output_shapes"].list.shape[0]
    assert [dim.size for dim in shape.dim] == [5, 2, 2, 2], shape
    assert list(nodes["flatten"].input) == ["0/conv2d"]
    assert nodes["sum"].op == "sum" and list(nodes["sum"].input) == ["3/linear"]


if __name__ == "__main__":
    sys.exit(run_checks(globals()))
