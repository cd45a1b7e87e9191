"""The ONNX Runtime side of bench/compare: inference with the model that PyTorch exports.

    onnxruntime_worker.py NET infer BATCH THREADS

Otherwise the arguments and answers of worker.c.  The model is exported by another process, so that
PyTorch's memory is not counted.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from timing import answer


def load(net, batch, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.onnx"
        export = Path(__file__).with_name("export_onnx.py")
        subprocess.run([sys.executable, export, net, str(batch), model], check=True, stdout=subprocess.DEVNULL)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def main():
    net, _, batch, threads = sys.argv[1:]
    session = load(net, int(batch), int(threads))
    inputs = {one.name: np.random.default_rng(1).standard_normal(one.shape, dtype=np.float32)
              for one in session.get_inputs()}
    answer(lambda request: lambda: session.run(None, inputs))


main()
