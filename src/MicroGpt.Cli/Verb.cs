using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>A second page of a verb's help.</summary>
sealed record MoreOptions(string Title, Option Option, IReadOnlyList<Option> Options, IReadOnlyList<string> Examples);

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

    /// <summary>Options that few people need, if there are; the help shows them only when asked for more.</summary>
    public MoreOptions? More { get; private set; }

    public bool IsMore(Option option) => More != null && (More.Options.Contains(option) || option == More.Option);

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

    protected static WordOption<DocumentUnit> DocumentsOption() => new(
        "--documents", "lines; paragraphs; chunks as long as the block",
        ("lines", DocumentUnit.Line), ("paragraphs", DocumentUnit.Paragraph), ("chunks", DocumentUnit.Chunk));

    protected T Add<T>(T option) where T : Option
    {
        Options.Add(option);
        return option;
    }

    protected void AddMore(string name, string title, Option[] options, params string[] examples)
    {
        var help = new Flag(name, "this page") { Action = new Help(more: true) };
        More = new(title, help, options, examples);
        Array.ForEach(options, Options.Add);
        Options.Add(help);
    }

    protected Option<string?> FileOption(string name, string meaning)
    {
        var option = Add(TextOption(name, "FILE", meaning));
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
            {
                result.AddError($"{name} is empty: it names no file");
            }
        });
        return option;
    }

    protected static Option<string?> TextOption(string name, string value, string meaning) =>
        new(name) { HelpName = value, Description = meaning };
}
