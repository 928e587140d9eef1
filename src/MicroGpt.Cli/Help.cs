using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MicroGpt.Cli;

/// <summary>
/// The help of the command or of one verb: a screen of 24 lines, the last of them two examples. Options that few people
/// need have a screen of their own.
/// </summary>
sealed class Help(bool more = false) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        Write(parseResult.CommandResult.Command, more);
        return 0;
    }

    public static void Write(Command command, bool more = false)
    {
        var lines = command is Verb verb ? Of(verb, more) : Of(command.Subcommands);
        Console.Out.WriteLine(string.Join('\n', [command.Description, .. lines]));
    }

    static IEnumerable<string> Of(IEnumerable<Command> verbs) =>
    [
        "Usage: microgpt VERB ...   microgpt VERB --help says more",
        "",
        .. verbs.Select(verb => $"  {verb.Name,-8} {verb.Description}"),
        "",
        "Examples:",
        "  microgpt train towns.txt --out towns.safetensors",
        "  microgpt sample towns.safetensors",
    ];

    static IEnumerable<string> Of(Verb verb, bool more) =>
    [
        $"Usage: microgpt {verb.Name} {verb.Usage}",
        .. verb.Options.Count == 0 ? Array.Empty<string>()
            : [verb.More is { } page && !more ? $"{page.Title}: microgpt {verb.Name} {page.Option.Name}" : ""],
        .. verb.Options.Where(option => option is not HelpOption && verb.IsMore(option) == more).Select(Line),
        "",
        "Examples:",
        .. (more ? verb.More!.Examples : verb.Examples).Select(example => "  " + example),
    ];

    static string Line(Option option)
    {
        var standard = option is CheckedOption { Standard: { Length: > 0 } value } ? $" ({value})" : "";
        return $"  {option.Name + " " + option.HelpName,-20} {option.Description}{standard}";
    }
}
