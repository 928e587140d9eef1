using System.CommandLine;
using System.Globalization;

namespace MicroGpt.Cli;

/// <summary>An option whose value follows a rule.</summary>
/// <remarks>
/// The parser sees text: only string options are precompiled, while <c>Option&lt;int&gt;</c> would cost JIT time at every
/// start.
/// </remarks>
abstract class CheckedOption : Option<string?>
{
    protected CheckedOption(string name, string value, string meaning) : base(name)
    {
        (HelpName, Description) = (value, meaning);
        Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
            {
                result.AddError($"{name} is empty: it needs a value");
            }
            else if (result.Tokens is [{ Value: var text }] && Complaint(text) is string complaint)
            {
                result.AddError($"{name} {text}: {complaint}");
            }
        });
    }

    /// <summary>The default as shown in the help; empty if there is none.</summary>
    public abstract string Standard { get; }

    /// <summary>What is wrong with the value; null if nothing is.</summary>
    protected abstract string? Complaint(string text);
}

/// <summary>A whole number.</summary>
sealed class WholeOption(
    string name, string meaning, long min, long max, string rule, long? standard = null)
    : CheckedOption(name, "N", meaning)
{
    public override string Standard => standard is long value ? value.ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>The value, if it was given.</summary>
    public long? Given(ParseResult parsed) =>
        parsed.GetValue(this) is string text && Parse(text, out var number) ? number : null;

    /// <summary>The value, given or not.</summary>
    public long Of(ParseResult parsed) => Given(parsed) ?? standard!.Value;

    protected override string? Complaint(string text) =>
        !Parse(text, out var number) || number > max ? $"must be a whole number up to {max}" : number < min ? rule : null;

    static bool Parse(string text, out long number) =>
        long.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}

/// <summary>A real number.</summary>
sealed class RealOption(
    string name, string meaning, Func<double, bool> allowed, string rule, double? standard = null)
    : CheckedOption(name, "X", meaning)
{
    public override string Standard => standard is double value ? value.ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>The value, if it was given.</summary>
    public double? Given(ParseResult parsed) =>
        parsed.GetValue(this) is string text && Parse(text, out var number) ? number : null;

    /// <summary>The value, given or not.</summary>
    public double Of(ParseResult parsed) => Given(parsed) ?? standard!.Value;

    protected override string? Complaint(string text) =>
        !Parse(text, out var number) ? $"is not a number; {rule}"
        : !double.IsFinite(number) ? $"is not a finite number; {rule}"
        : !allowed(number) ? rule : null;

    static bool Parse(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}

/// <summary>One of several words, each of which selects a value; the first may be the default.</summary>
sealed class WordOption<T>(string name, string meaning, params (string Word, T Value)[] words)
    : CheckedOption(name, "WORD", meaning) where T : struct
{
    public bool HasStandard { get; init; } = true;

    public override string Standard => HasStandard ? words[0].Word : "";

    /// <summary>The value, if it was given.</summary>
    public T? Given(ParseResult parsed) =>
        parsed.GetValue(this) is string text ? words.First(pair => pair.Word == text).Value : null;

    /// <summary>The value, given or not.</summary>
    public T Of(ParseResult parsed) => Given(parsed) ?? words[0].Value;

    /// <summary>The word for a value.</summary>
    public string WordOf(T value) => words.First(pair => Equals(pair.Value, value)).Word;

    protected override string? Complaint(string text) => Array.Exists(words, pair => pair.Word == text)
        ? null : "must be " + string.Join(" or ", words.Select(pair => pair.Word));
}
