// Debian ships fmt as a shared library only. A static program (the CNI plugin) needs its code too,
// so it is made here from fmt's own headers, with the templates that those declare extern.
#include <fmt/format-inl.h>

namespace fmt {
namespace detail {

template locale_ref::locale_ref(const std::locale& locale);
template std::locale locale_ref::get<std::locale>() const;
template thousands_sep_result<char> thousands_sep_impl(locale_ref);
template char decimal_point_impl(locale_ref);
template dragonbox::decimal_fp<float> dragonbox::to_decimal(float) noexcept;
template dragonbox::decimal_fp<double> dragonbox::to_decimal(double) noexcept;

}  // namespace detail
}  // namespace fmt
