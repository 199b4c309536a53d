// Dense layers, dropout and the loss.
//
// The features of a dense layer come in one or more segments (one a tower), each [batch][features]; weights are
// [all features][stored out], where stored out is out rounded up to a multiple of 16 and spare columns hold zeros.
#pragma once
#include "gk_pool.h"
#include <stdint.h>

typedef struct {
    const float *features; // [batch][count]
    float *gradient;       // [batch][count], overwritten by backward; NULL where it is not wanted
    int32_t count;
} gk_dense_segment;

typedef struct {
    const gk_dense_segment *segments;
    int32_t segment_count;
    int32_t out; // stored: a multiple of 16
    const float *weights;
    const float *bias; // [out]
    float slope;       // leaky ReLU after the bias; 1: none
    // Dropout after the activation: each value is kept with probability 1 - dropout and divided by it. The decision for
    // element i of a batch is a hash of (key, step, i). 0: none.
    float dropout;
    uint64_t key, step;
    float *output; // [batch][out]
    // Backward only.
    float *output_gradient; // [batch][out]: comes in with respect to `output`; overwritten by the gradient before the
                            // dropout and the activation
    float *weight_gradient; // overwritten
    float *bias_gradient;   // overwritten
} gk_dense;

/// output = dropout(leaky(features x weights + bias)).
void gk_dense_forward(gk_pool *pool, int32_t batch, const gk_dense *layer);
/// All gradients of the layer; sums over the batch run in a fixed order.
void gk_dense_backward(gk_pool *pool, int32_t batch, const gk_dense *layer);

/// Whether the element is kept, by the rule that the kernels use.
int gk_dropout_keeps(uint64_t key, uint64_t step, uint64_t element, float dropout);

/// Softmax of the first `classes` of `stored` columns, and cross-entropy.
/// - logits [batch][stored]; probabilities [batch][classes], may be NULL; labels [batch], may be NULL (then no loss).
/// - gradient [batch][stored], may be NULL: of the mean loss with respect to the logits, zeros in the spare columns.
/// - Returns the sum (not the mean) of the losses; *correct counts rows whose largest logit (first one on a tie) is at
///   the label.
double gk_softmax_cross_entropy(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                                const int32_t *labels, float *probabilities, float *gradient, int32_t *correct);

/// What a row should say: labels[n], or a mixture share * labels[n] + (1 - share) * second[n].
typedef struct {
    const int32_t *labels;
    const int32_t *second;      // may be NULL: no mixture
    double share;               // of `labels`, 0 to 1; read only where there is a second label
    const float *class_weights; // [classes]; may be NULL: all 1
} gk_targets;

/// gk_softmax_cross_entropy with weights and mixed labels: row n's loss is share w[a] ce(a) + (1 - share) w[b] ce(b).
/// - The mean, of which the gradient is, divides by *weight, the sum of the rows' share w[a] + (1 - share) w[b], as
///   PyTorch's CrossEntropyLoss(weight=...) does.
/// - *correct counts rows whose largest logit is at the label of the larger share.
double gk_softmax_cross_entropy_targets(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                                        const gk_targets *targets, float *probabilities, float *gradient,
                                        int32_t *correct, double *weight);

/// Each logit's sigmoid: probabilities [batch][classes] of outputs that do not exclude each other.
void gk_sigmoid_probabilities(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                              float *probabilities);
