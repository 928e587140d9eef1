using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>A time: 30s, 10m, 1.5h.</summary>
sealed class TimeOption(string name, string meaning, TimeSpan min, TimeSpan max) : CheckedOption(name, "TIME", meaning)
{
    public override string Standard => "";

    /// <summary>The value, if it was given.</summary>
    public TimeSpan? Given(ParseResult parsed) =>
        parsed.GetValue(this) is string text && Parse(text) is double seconds ? TimeSpan.FromSeconds(seconds) : null;

    protected override string? Complaint(string text) => Parse(text) switch
    {
        null => "must be a number of seconds, minutes or hours, such as 30s, 10m or 1.5h",
        var seconds when seconds < min.TotalSeconds => $"must be {min.TotalSeconds:N0}s or more",
        var seconds when seconds > max.TotalSeconds => $"must be {max.TotalHours:N0}h or less",
        _ => null,
    };

    // In seconds.
    static double? Parse(string text) => text is [.. var number, 's' or 'm' or 'h']
        && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        && !double.IsNaN(value)
        ? value * text[^1] switch { 's' => 1, 'm' => 60, _ => 3600 } : null;
}
