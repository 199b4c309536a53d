// Principal components (Pearson 1901): the directions in which vectors differ most.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Where vectors lie along their principal components.
/// - vectors: [rows][size].
/// - places: [rows][count], each component scaled so that its greatest magnitude is 1.
/// - shares: [count], the share of the vectors' variance along each.
/// - returns: false where the vectors do not differ, are too few, or are no numbers.
bool gk_principal_components(const float *vectors, int32_t rows, int32_t size, int32_t count, double *places,
                             double *shares);
