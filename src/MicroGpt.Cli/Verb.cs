using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>One of the things microgpt does: its options, its help, and what it does.</summary>
abstract class Verb : Command
{
    protected Verb(string name, string description, string usage, params string[] examples) : base(name, description)
    {
        (Usage, Examples) = (usage, examples);
        SetAction(Run);
    }

    /// <summary>What follows the verb.</summary>
    public string Usage { get; }

    /// <summary>Two command lines to start from; the help ends with them.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult parsed);

    /// <summary>An argument's value, refused if it looks like an option that nobody knows.</summary>
    protected static T AddTo<T>(Verb verb, T argument) where T : Argument
    {
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.Length > 1 && token.Value[0] == '-'))
            {
                if (!CommandLine.AfterDoubleDash(token.Value))
                {
                    result.AddError($"{token.Value}: no option of microgpt {verb.Name}; see microgpt {verb.Name} --help");
                }
            }
        });
        verb.Arguments.Add(argument);
        return argument;
    }

    /// <summary>The file of a trained model, first of a verb's arguments.</summary>
    protected static Argument<string?> ModelArgument(Verb verb) =>
        AddTo(verb, new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne });

    protected static Gpt Load(string? model) => model is { Length: > 0 }
        ? InputFile.ReadModel(model)
        : throw new UsageException("MODEL is missing: the file of a trained model, such as microgpt train saves");

    protected static WholeOption Count(string name, string meaning, long? standard = null, int min = 1) =>
        new(name, meaning, min, int.MaxValue, $"must be {min} or more", standard);

    protected static WholeOption SeedOption(string meaning, long? standard = null) =>
        new("--seed", meaning, long.MinValue, long.MaxValue, "from -2^63 to 2^63 - 1", standard);

    protected T Add<T>(T option) where T : Option
    {
        Options.Add(option);
        return option;
    }

    protected Option<string?> FileOption(string name, string meaning) => Add(TextOption(name, "FILE", meaning));

    protected static Option<string?> TextOption(string name, string value, string meaning) =>
        new(name) { HelpName = value, Description = meaning };
}
