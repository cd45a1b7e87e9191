/* photographs.h - what the examples that learn from photographs share: data sets of .npy files, with
 * random crops and mirror images, and the loop that trains on them.
 *
 *     gra_data *train = photographs("cifar10-train", (views){.size = 32, .margin = 4, .vary = true}, 128);
 *     gra_data *test = photographs("cifar10-test", (views){.size = 32}, 500);
 *     learn(net, train, test, (recipe){.lr = 0.1, .epochs = 10});
 *
 * Pixels 0 to 255 become -2 to 2.  bench/images_npy.py makes the files.
 */
#ifndef PHOTOGRAPHS_H
#define PHOTOGRAPHS_H

#include "gradus.h"

/* How a photograph is shown to the network. */
typedef struct views {
    int64_t size;   /* height and width of the part that is shown */
    int64_t margin; /* pixels of grey laid around the photograph before a part is cut out */
    bool vary;      /* a random part, mirrored half of the time; else the middle */
    int64_t count;  /* how many photographs, spread evenly over the file; 0: all */
} views;

/* Batches of PREFIX-x.npy (uint8 [N, 3, H, W]) and PREFIX-y.npy (int64 [N]): x float32
 * [batch, 3, size, size], y int64 [batch], shuffled where v.vary or v.count says so. NULL with an
 * error. The parts and mirror images are drawn from the thread's default generator. */
gra_data *photographs(const char *prefix, views v, int64_t batch);

/* SGD with Nesterov's momentum 0.9; the learning rate falls from lr to 0 along half a cosine. */
typedef struct recipe {
    double lr;           /* of the first step */
    double weight_decay; /* L2 penalty */
    int64_t epochs;
    double enough; /* ends after an epoch whose mean loss is below it */
} recipe;

/* Trains and prints a line an epoch: its number, mean loss and top-1 on the training data, top-1 on
 * the test data where test is not NULL, and how long it took, by the clock and in processor time.
 * Returns the last epoch's mean loss; NaN with an error. */
double learn(gra_module *net, gra_data *train, gra_data *test, recipe r);

/* The part of the photographs whose class has the largest logit. */
double top1(gra_module *net, gra_data *data);

/* He's first weights: behind ReLUs the signal keeps its size from layer to layer. */
gra_tensor *he(gra_tensor *weight);

/* The command line's text as a whole number from 1 to a million; 0 for anything else. */
int64_t whole_number(const char *text);

/* Prints the pending error behind the program's name. Returns what main returns. */
int finish(const char *program);

#endif
