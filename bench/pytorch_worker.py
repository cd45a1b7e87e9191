"""The PyTorch side of bench/compare.

    pytorch_worker.py NET MODE BATCH THREADS FORMAT [compile]       FORMAT contiguous or channels_last

Otherwise the arguments and answers of worker.c.  With `compile` the network goes through torch.compile.
"""
import sys

import torch
from torch import nn

from pytorch_networks import KINDS
from timing import answer

MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class Work:
    def __init__(self, net, train, batch, memory_format):
        make, shape, classes, weight_decay = KINDS[net]
        torch.manual_seed(1)
        self.train = train
        self.net = make().to(memory_format=memory_format)
        self.net.train(train)
        self.opt = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9, weight_decay=weight_decay)
        self.loss = nn.CrossEntropyLoss()
        self.x = torch.randn(batch, *shape)
        if self.x.dim() == 4:
            self.x = self.x.to(memory_format=memory_format)
        self.y = torch.randint(0, classes, (batch,))

    def step(self):
        if not self.train:
            with torch.inference_mode():
                self.net(self.x)
            return
        loss = self.loss(self.net(self.x), self.y)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()


def main():
    net, mode, batch, threads, memory_format, *compiles = sys.argv[1:]
    torch.set_num_threads(int(threads))
    work = Work(net, mode == "train", int(batch), MEMORY_FORMATS[memory_format])
    if compiles:
        work.net = torch.compile(work.net)
    answer(lambda request: work.step)


main()
