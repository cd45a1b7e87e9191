/* digits.h - handwritten-looking digits, drawn rather than downloaded.
 *
 * A digit is a function of (seed, index) and of nothing else, so a data set needs no storage, its
 * images can be drawn in any order, and each is the same bit for bit on every machine. Images look
 * like MNIST's: 28 x 28 bytes, row by row, 0 for the black paper up to 255 for the white ink, with
 * the digit about in the middle and about 24 pixels high, the pen's width included. The label is
 * drawn too, uniformly from 0..9.
 *
 * For a training and a test set take two seeds, or two ranges of the index under one seed.
 *
 *     uint8_t pixels[784];
 *     int label;
 *     gra__digit_draw(1, 0, pixels, &label);
 *
 * This header includes nothing of the library's own; digits.c includes core/philox.h only.
 */
#ifndef GRA_DATA_DIGITS_H
#define GRA_DATA_DIGITS_H

#include <stdint.h>

/* Draws digit number `index` of the set named by `seed`. It cannot fail. */
void gra__digit_draw(uint64_t seed, uint64_t index, uint8_t pixels[784], int *label);

#endif
