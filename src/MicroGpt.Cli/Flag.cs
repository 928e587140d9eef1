using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>An option without a value. Unlike a Boolean option it leaves the next word alone, so a file may be called true.</summary>
sealed class Flag : Option<string?>
{
    public Flag(string name, string meaning) : base(name) => (Description, Arity) = (meaning, ArgumentArity.Zero);

    public bool Of(ParseResult parsed) => parsed.GetResult(this) != null;
}
