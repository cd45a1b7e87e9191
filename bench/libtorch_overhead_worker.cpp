// overhead_worker.c with libtorch, PyTorch's library for C++: chains of ops on tensors of one element, in
// nanoseconds an op.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

static double nanoseconds()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::nano>(now).count();
}

static double measure(const std::string &op, const std::string &pass, const torch::Tensor &w)
{
    const int length = 1000;
    const double start = nanoseconds();
    torch::Tensor h = w;
    for (int i = 0; i < length; i++)
        h = op == "mul"    ? h * w
            : op == "add"  ? h + w
            : op == "relu" ? torch::relu(h)
                           : torch::sigmoid(h);
    const double middle = nanoseconds();
    h.backward();
    const double end = nanoseconds();
    return (pass == "backward" ? end - middle : middle - start) / length;
}

int main()
{
    torch::set_num_threads(1);
    const torch::Tensor w = torch::ones({1}, torch::requires_grad());
    std::string op, pass;
    double seconds;
    while (std::cin >> op >> pass >> seconds) {
        std::vector<double> times;
        const double end = nanoseconds() + 1e9 * seconds;
        while (times.size() < 3 || nanoseconds() < end)
            times.push_back(measure(op, pass, w));
        std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
        std::cout << times[times.size() / 2] << std::endl;
    }
    std::cout << 0 << std::endl;
}
