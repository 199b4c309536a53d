// Multinomial logistic regression on a few features of a few thousand rows, in double precision: the head on another net's
// outputs. The loss is the mean cross-entropy plus penalty / 2 times the weights' squares; biases pay nothing.
#pragma once
#include <stdint.h>

/// Fits by L-BFGS (Nocedal 1980; ten pairs, backtracking) from zeros, until the gradient's greatest magnitude is below 1e-7
/// or `steps` are done. One thread, a fixed order of sums.
/// - features [rows][inputs]; labels [rows], below classes; weights [classes][inputs + 1], the bias last: overwritten.
/// - Returns the loss; below 0 where there is no memory.
double gk_logistic_fit(int32_t rows, int32_t inputs, int32_t classes, const double *features, const int32_t *labels,
                       double penalty, int32_t steps, double *weights);
/// Log probabilities of rows: [rows][classes].
void gk_logistic_predict(int32_t rows, int32_t inputs, int32_t classes, const double *features, const double *weights,
                         double *log_probabilities);
