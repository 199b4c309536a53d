// Every numeric inner loop of GenreKit. Swift plans and owns memory; C computes.
#pragma once
#include "gk_isa.h"
#include "gk_pool.h"
#include "gk_rows.h"
#include "gk_augment.h"
#include "gk_blocks.h"
#include "gk_dense.h"
#include "gk_lstm.h"
#include "gk_optimiser.h"
#include "gk_features.h"
#include "gk_oracle.h"
#include "gk_peak.h"
