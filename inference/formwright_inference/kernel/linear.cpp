#include "linear.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace formwright {
namespace {

// Two products of 7 unsigned and 8 signed bits fit the 16 bits of vpmaddubsw, which saturates.
constexpr float GREATEST = 127;
// Rows whose sums the registers hold at once…
constexpr std::size_t TILE = 4;
// …and rows that go over all panels together, so that their activations stay in the first cache.
constexpr std::size_t BLOCK = 16;
// Bytes: a few rows wait for the weights, which come from memory.
constexpr std::size_t AHEAD = 2048;

// What a group's activations are: least + step * quantized.
struct Range {
  float step, least;
};

float least_of(__m256 values) {
  __m128 four = _mm_min_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  four = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_min_ss(four, _mm_movehdup_ps(four)));
}

Range quantize_group(const float* values, std::uint8_t* quantized) {
  __m256 all[4];
  for (int i = 0; i < 4; i++) all[i] = _mm256_loadu_ps(values + 8 * i);
  const __m256 low = _mm256_min_ps(_mm256_min_ps(all[0], all[1]), _mm256_min_ps(all[2], all[3]));
  const __m256 high = _mm256_max_ps(_mm256_max_ps(all[0], all[1]), _mm256_max_ps(all[2], all[3]));
  const float least = least_of(low), most = -least_of(_mm256_sub_ps(_mm256_setzero_ps(), high));
  const float step = (most - least) / GREATEST;
  const __m256 inverse = _mm256_set1_ps(step > 0 ? 1 / step : 0);
  __m256i whole[4];
  for (int i = 0; i < 4; i++)
    whole[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_sub_ps(all[i], _mm256_set1_ps(least)), inverse));
  // Packing works within halves of a register; the permutation puts the bytes in order again.
  const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(quantized), _mm256_permutevar8x32_epi32(bytes, order));
  return {step, least};
}

template <std::size_t ROWS>
void tile(const std::uint8_t* activations, const Range* ranges, std::size_t inputs, std::size_t outputs,
          const std::int8_t* panel, const float* group_sums, const float* scales, float* out) {
  const __m256i ones = _mm256_set1_epi16(1);
  const std::size_t groups = inputs / GROUP;
  __m256 sums[ROWS][2];
  for (auto& row : sums) row[0] = row[1] = _mm256_setzero_ps();
  for (std::size_t group = 0; group < groups; group++, group_sums += outputs) {
    __m256i whole[ROWS][2];
    for (auto& row : whole) row[0] = row[1] = _mm256_setzero_si256();
    for (std::size_t four = 0; four < GROUP / 4; four++, panel += 4 * PANEL) {
      _mm_prefetch(reinterpret_cast<const char*>(panel) + AHEAD, _MM_HINT_T0);
      const __m256i left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel));
      const __m256i right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + 32));
#pragma GCC unroll 4
      for (std::size_t row = 0; row < ROWS; row++) {
        std::int32_t bytes;
        std::memcpy(&bytes, activations + row * inputs + group * GROUP + 4 * four, 4);
        const __m256i same = _mm256_set1_epi32(bytes);
        whole[row][0] = _mm256_add_epi32(whole[row][0], _mm256_madd_epi16(_mm256_maddubs_epi16(same, left), ones));
        whole[row][1] = _mm256_add_epi32(whole[row][1], _mm256_madd_epi16(_mm256_maddubs_epi16(same, right), ones));
      }
    }
    for (std::size_t row = 0; row < ROWS; row++) {
      const Range& range = ranges[row * groups + group];
      for (int half = 0; half < 2; half++) {
        const __m256 least = _mm256_mul_ps(_mm256_set1_ps(range.least), _mm256_loadu_ps(group_sums + 8 * half));
        sums[row][half] = _mm256_add_ps(
            sums[row][half], _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[row][half]), _mm256_set1_ps(range.step), least));
      }
    }
  }
  for (std::size_t row = 0; row < ROWS; row++)
    for (int half = 0; half < 2; half++)
      _mm256_storeu_ps(out + row * outputs + 8 * half, _mm256_mul_ps(sums[row][half], _mm256_loadu_ps(scales + 8 * half)));
}

}  // namespace

void linear(const float* hidden, std::size_t rows, std::size_t inputs, std::size_t outputs, const std::int8_t* weights,
            const float* group_sums, const float* scales, float* out) {
  const std::size_t groups = inputs / GROUP;
  thread_local std::vector<std::uint8_t> activations;
  thread_local std::vector<Range> ranges;
  activations.resize(std::max(activations.size(), BLOCK * inputs));
  ranges.resize(std::max(ranges.size(), BLOCK * groups));
  for (std::size_t first = 0; first < rows; first += BLOCK) {
    const std::size_t count = std::min(BLOCK, rows - first);
    for (std::size_t at = 0; at < count * groups; at++)
      ranges[at] = quantize_group(hidden + first * inputs + at * GROUP, activations.data() + at * GROUP);
    for (std::size_t column = 0; column < outputs; column += PANEL) {
      const auto some = [&]<std::size_t ROWS>(std::size_t row) {
        tile<ROWS>(activations.data() + row * inputs, ranges.data() + row * groups, inputs, outputs,
                   weights + column * inputs, group_sums + column, scales + column,
                   out + (first + row) * outputs + column);
      };
      std::size_t row = 0;
      for (; row + TILE <= count; row += TILE) some.template operator()<TILE>(row);
      switch (count - row) {
        case 3: some.template operator()<3>(row); break;
        case 2: some.template operator()<2>(row); break;
        case 1: some.template operator()<1>(row); break;
      }
    }
  }
}

}  // namespace formwright
