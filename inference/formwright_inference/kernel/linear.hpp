// A linear layer over int8 weights for processors with AVX2 and no VNNI: hidden [T, K] float32 → [T, N] float32.
#pragma once
#include <cstddef>
#include <cstdint>

namespace formwright {

// Inputs that share a range, and so a scale: one extreme value costs its 31 neighbours precision, nobody else.
constexpr std::size_t GROUP = 32;
// Outputs of a panel: two registers of eight int32.
constexpr std::size_t PANEL = 16;

// weights: [N / PANEL][K / 4][PANEL][4], -127 to 127; group_sums: [K / GROUP][N], of a group's weights; scales: [N]. K is a multiple of GROUP, N of PANEL.
void linear(const float* hidden, std::size_t rows, std::size_t inputs, std::size_t outputs, const std::int8_t* weights,
            const float* group_sums, const float* scales, float* out);

}  // namespace formwright
