// What was measured, as rows that hold Tandem against each reference.
#pragma once
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// Tandem's own place among those measured.
inline constexpr const char* own_name = "tandem";

struct row {
    std::string name;
    double value;
    std::string unit;
    std::string reference;
    double reference_value;
    double ratio;               ///< value / reference_value: below 1 is better than the reference
    std::optional<double> goal; ///< that the value is at most this

    /// Empty where there is no goal.
    std::optional<bool> is_met() const { return goal ? std::optional(value <= *goal) : std::nullopt; }
};

class report {
  public:
    /// Notes what `who` needed for a case, in the case's unit. Throws std::out_of_range for an unknown case.
    void add(const std::string& name, const std::string& who, double value);

    /// A row for each case and reference, in the order of known_cases(). What only one side measured has
    /// none.
    std::vector<row> rows() const;

    void print(std::ostream& out) const;
    /// The array of rows that every benchmark program writes. Throws std::system_error if it cannot.
    void write_json(const std::string& file) const;

  private:
    /// Case, then who, to the value.
    std::map<std::string, std::map<std::string, double>> values_;
};

} // namespace bench
