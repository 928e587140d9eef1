using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MicroGpt.Cli;

/// <summary>The help of the command or of one verb: one page that ends with two examples.</summary>
sealed class Help : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        Write(parseResult.CommandResult.Command);
        return 0;
    }

    public static void Write(Command command)
    {
        var lines = command is Verb verb ? Of(verb) : Of(command.Subcommands);
        Console.Out.WriteLine(string.Join('\n', [command.Description, .. lines]));
    }

    static IEnumerable<string> Of(IEnumerable<Command> verbs) =>
    [
        "Usage: microgpt COMMAND ...   microgpt COMMAND --help lists its options",
        "",
        .. verbs.Select(verb => $"  {verb.Name,-8} {verb.Description}"),
        "",
        "Examples:",
        "  microgpt train towns.txt --out towns.safetensors",
        "  microgpt sample towns.safetensors",
    ];

    static IEnumerable<string> Of(Verb verb) =>
    [
        $"Usage: microgpt {verb.Name} {verb.Usage}",
        .. verb.Options.Where(option => option is not HelpOption).GroupBy(verb.GroupOf).SelectMany(group => (string[])
            ["", .. group.Key.Length == 0 ? Array.Empty<string>() : [group.Key], .. group.Select(Line)]),
        "",
        "Examples:",
        .. verb.Examples.Select(example => "  " + example),
    ];

    static string Line(Option option)
    {
        var standard = option is CheckedOption { Standard: { Length: > 0 } value } ? $" ({value})" : "";
        return $"  {option.Name + " " + option.HelpName,-20} {option.Description}{standard}";
    }
}
