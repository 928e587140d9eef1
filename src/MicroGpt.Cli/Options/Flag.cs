using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>An option without a value. It never takes the next word, so a file may be named true.</summary>
sealed class Flag : Option<string?>
{
    public Flag(string name, string meaning) : base(name) => (Description, Arity) = (meaning, ArgumentArity.Zero);

    public bool Of(ParseResult parsed) => parsed.GetResult(this) != null;
}
