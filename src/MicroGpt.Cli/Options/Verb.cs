using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>One of microgpt's commands: its options, its help, and what it does.</summary>
abstract class Verb : Command
{
    readonly List<(Option First, string Title)> groups = [];

    protected Verb(string name, string description, string usage, params string[] examples) : base(name, description)
    {
        (Usage, Examples) = (usage, examples);
        SetAction(Run);
    }

    /// <summary>What follows the command's name.</summary>
    public string Usage { get; }

    /// <summary>Two example command lines, which end the help.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>The title above an option's group on the help page; the first group has none.</summary>
    public string GroupOf(Option option) =>
        groups.LastOrDefault(group => Options.IndexOf(group.First) <= Options.IndexOf(option)).Title ?? "";

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult parsed);

    /// <summary>Adds an argument; a value that looks like an option is refused as an unknown one.</summary>
    protected static T AddTo<T>(Verb verb, T argument) where T : Argument
    {
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.Length > 1 && token.Value[0] == '-'))
            {
                if (!CommandLine.AfterDoubleDash(token.Value))
                {
                    result.AddError($"{token.Value}: unknown option; see microgpt {verb.Name} --help");
                }
            }
        });
        verb.Arguments.Add(argument);
        return argument;
    }

    /// <summary>The model file, the first argument of a command.</summary>
    protected static Argument<string?> ModelArgument(Verb verb) =>
        AddTo(verb, new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne });

    protected static Gpt Load(string? model) => model switch
    {
        null => throw new UsageException("MODEL is missing: the file of a trained model, as microgpt train saves it"),
        "" => throw new UsageException("MODEL is empty: it names no file"),
        "-" => throw new UsageException("MODEL -: a model is read from a file, not from stdin"),
        _ => InputFile.ReadModel(model),
    };

    protected static WholeOption Count(string name, string meaning, long? standard = null, int min = 1) =>
        new(name, meaning, min, int.MaxValue, $"must be {min} or more", standard);

    protected static WholeOption SeedOption(string meaning, long? standard = null) =>
        new("--seed", meaning, long.MinValue, long.MaxValue, "must be from -2^63 to 2^63 - 1", standard);

    protected static WholeOption StrideOption(string meaning) => Count("--stride", meaning);

    /// <summary>The stride, if it was given.</summary>
    protected static int? StrideOf(WholeOption stride, ParseResult parsed, Gpt gpt) =>
        stride.Given(parsed) is not long step ? null : step <= gpt.Config.BlockSize ? (int)step
            : throw new UsageException($"--stride {step}: is more than the model's block size, {gpt.Config.BlockSize}");

    protected static WordOption<DocumentUnit> DocumentsOption(
        string meaning = "lines; paragraphs; chunks as long as the block", bool hasStandard = true) => new(
            "--documents", meaning,
            ("lines", DocumentUnit.Line), ("paragraphs", DocumentUnit.Paragraph), ("chunks", DocumentUnit.Chunk))
        {
            HasStandard = hasStandard,
        };

    protected T Add<T>(T option) where T : Option
    {
        Options.Add(option);
        return option;
    }

    /// <summary>Adds options under a title of their own on the help page.</summary>
    protected void AddGroup(string title, params Option[] options)
    {
        groups.Add((options[0], title));
        Array.ForEach(options, Options.Add);
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
