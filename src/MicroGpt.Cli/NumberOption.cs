using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace MicroGpt.Cli;

/// <summary>An option whose value is a number that follows a rule.</summary>
/// <remarks>
/// To the parser it is text: of <c>Option&lt;string&gt;</c> there is compiled code, of <c>Option&lt;int&gt;</c> the JIT
/// would have to make it at each start.
/// </remarks>
sealed class NumberOption<T> : Option<string?> where T : struct, INumber<T>
{
    public NumberOption(string name, string meaning, Func<T, bool> allowed, string rule, T? standard = null) : base(name)
    {
        var isReal = typeof(T) == typeof(double);
        (Description, HelpName, Standard) = (meaning, isReal ? "X" : "N", standard);
        Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: var text }])
            {
                return; // the parser says what is wrong
            }
            if (!Parse(text, out var number))
            {
                result.AddError($"{name} {text}: is no {(isReal ? "number" : "whole number")}; {rule}");
            }
            else if (!allowed(number))
            {
                result.AddError($"{name} {text}: {rule}");
            }
        });
    }

    /// <summary>The value where none is given, if there is one.</summary>
    public T? Standard { get; }

    /// <summary>The value, if it was given.</summary>
    public T? Given(ParseResult parsed) =>
        parsed.GetValue(this) is string text && Parse(text, out var number) ? number : null;

    /// <summary>The value, given or not.</summary>
    public T Of(ParseResult parsed) => Given(parsed) ?? Standard!.Value;

    static bool Parse(string text, out T number) =>
        T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
