// What was measured, as rows that hold Tandem against each reference.
#pragma once
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Tandem's own place among those measured.
inline constexpr const char* own_name = "tandem";

/// What a value is held to.
struct limit {
    double value;
    bool is_least = false; ///< the value is to be at least this; at most, where more is worse

    bool is_met_by(double measured) const { return is_least ? measured >= value : measured <= value; }
};

/// What a report has to know of a case.
struct reported_case {
    std::string name; ///< stable: reports and tests look for it
    std::string unit;
    std::string what; ///< in words
    /// What the case is held to beside a reference that measured this value; empty where there is no goal.
    std::function<std::optional<limit>(std::string_view reference, double value)> goal_beside;
};

struct row {
    std::string name;
    double value;
    std::string unit;
    std::string reference;
    double reference_value;
    double ratio; ///< value / reference_value
    std::optional<limit> goal;

    /// Empty where there is no goal.
    std::optional<bool> is_met() const { return goal ? std::optional(goal->is_met_by(value)) : std::nullopt; }
};

class report {
  public:
    /// `program` signs the rows; `cases` is the order in which they are reported.
    report(std::string program, std::vector<reported_case> cases);

    /// Notes what `who` needed for a case, in the case's unit. Throws std::out_of_range for an unknown case.
    void add(const std::string& name, const std::string& who, double value);

    /// A row for each case and reference, in the order of the cases. What only one side measured has none.
    std::vector<row> rows() const;

    const std::string& program() const noexcept { return program_; }
    void print(std::ostream& out) const;
    /// The array of rows that every benchmark program writes. Throws std::system_error if it cannot.
    void write_json(const std::string& file) const;

  private:
    std::string program_;
    std::vector<reported_case> cases_;
    /// Case, then who, to the value.
    std::map<std::string, std::map<std::string, double>> values_;
};

} // namespace bench
