using System.Text.RegularExpressions;

namespace MicroGpt.Cli.Tests;

/// <summary>What the pages show of the command is what the command prints.</summary>
public partial class CommandExampleTests
{
    sealed record Example(string Command, string Shown);

    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/command.md", 16)]
    public void Its_examples_print_what_it_shows(string page, int count)
    {
        using var microgpt = new Command();
        File.Copy(Path.Join(Golden.Root, "data", "names.txt"), microgpt.At("names.txt"));
        File.Copy(Path.Join(Golden.Root, "docs", "walkthrough.md"), microgpt.At("walkthrough.md"));
        var examples = ExamplesOf(File.ReadAllText(Path.Join(Golden.Root, page)));
        Assert.Equal(count, examples.Count);
        Example? recording = null;
        foreach (var example in examples)
        {
            if (example.Command.StartsWith("awk ", StringComparison.Ordinal))
            {
                microgpt.Shell(example.Command).Good();
                continue;
            }
            var printed = microgpt.Run([.. Words().Matches(example.Command).Select(word => word.Value.Trim('"'))]);
            Assert.True(printed.ExitCode == 0, $"{example.Command}: {printed.Error}");
            if (example.Shown.Contains('━', StringComparison.Ordinal))
            {
                Assert.Equal(SamplesIn(example.Shown.Split('\n')), SamplesIn(printed.Lines));
                recording = example;
            }
            else if (example.Command.Contains("--fit", StringComparison.Ordinal)) // depends on the machine's speed
            {
                if (example.Command.Contains("--quiet", StringComparison.Ordinal)) // prints nothing but samples
                {
                    Assert.Equal(example.Shown.Count('\n'), printed.Output.Count('\n'));
                    continue;
                }
                Assert.Equal(Form(example.Shown), Form(printed.Output));
            }
            else
            {
                Assert.Equal(Timeless(example.Shown), Timeless(OfTenths(printed.Output)));
            }
        }
        if (recording != null)
        {
            Assert.Equal(Timeless(recording.Shown), Timeless(LastFrame(microgpt, recording.Command)));
        }
    }

    [Fact]
    public void The_options_are_those_of_the_help()
    {
        using var microgpt = new Command();
        var page = File.ReadAllText(Path.Join(Golden.Root, "docs", "command.md"));
        var listed = Options().Matches(page).Select(match => match.Groups[1].Value).Order();
        var help = HelpLines().Matches(microgpt.Run("train", "--help").Output)
            .Select(match => match.Groups[1].Value).Order();
        Assert.Equal(help, listed);
    }

    // A block of the page may hold several commands, each with what it prints.
    static List<Example> ExamplesOf(string page)
    {
        var examples = new List<Example>();
        foreach (var block in Blocks().Matches(page).Select(match => match.Groups[1].Value))
        {
            foreach (var part in block.Replace(" \\\n    ", " ", StringComparison.Ordinal).Split("$ ").Skip(1))
            {
                var end = part.IndexOf('\n', StringComparison.Ordinal);
                if (part.StartsWith("microgpt ", StringComparison.Ordinal))
                {
                    examples.Add(new(part["microgpt ".Length..end], part[(end + 1)..]));
                }
                else if (part.StartsWith("awk ", StringComparison.Ordinal)) // makes files for the examples after it
                {
                    examples.Add(new(part[..end], ""));
                }
            }
        }
        return examples;
    }

    static string[] SamplesIn(string[] lines) =>
        [.. lines.Where(line => line.StartsWith("sample ", StringComparison.Ordinal))];

    // What stands on a terminal at the end of a run: the line that it began with, and what came after the last erasure.
    static string LastFrame(Command microgpt, string command)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no /usr/bin/script here");
        var run = $"stty cols 80 rows 24; {Command.Executable} {command}";
        var seen = microgpt.Shell($"script -qec '{run}' /dev/null").Good().Output.Replace("\r\n", "\n");
        var (first, last) = (seen.IndexOf('\n') + 1, seen.LastIndexOf("\e[K", StringComparison.Ordinal) + 3);
        return Codes().Replace(seen[..first] + seen[last..], "").Replace(" \n", "\n");
    }

    // Without numbers, trials, steps and samples, of which there may be more or other ones.
    static string[] Form(string text) =>
    [
        .. text.Split('\n').Where(line => !Varying().IsMatch(line))
            .Select(line => OfPlan().Match(line) is { Success: true } start ? start.Value : Numbers().Replace(line, "#")),
    ];

    // A run that takes long also prints a step every ten seconds, wherever it is then.
    static string OfTenths(string text) => Steps().Replace(text, line =>
    {
        var (step, steps) = (int.Parse(line.Groups[1].ValueSpan), int.Parse(line.Groups[2].ValueSpan));
        return step == 1 || step * 10 / steps != (step - 1) * 10 / steps ? line.Value : "";
    });

    static string Timeless(string text) => Times().Replace(text, "#");

    [GeneratedRegex("^```console\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^\| `(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Options();

    [GeneratedRegex(@"^  (--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex HelpLines();

    [GeneratedRegex("^([0-9. ]+|step .*|sample .*)$")]
    private static partial Regex Varying();

    [GeneratedRegex("^(trials, measured on|plan:|loss on held-out documents:)")]
    private static partial Regex OfPlan();

    [GeneratedRegex("(a|[0-9]+) held-out tenths?|[0-9] layers?|"
        + "[0-9][0-9.,]*( in a short trial; the run is [0-9.,]+ times as long)?")]
    private static partial Regex Numbers();

    [GeneratedRegex("^step +([0-9]+) / +([0-9]+) .*\n", RegexOptions.Multiline)]
    private static partial Regex Steps();

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex Words();

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e=")]
    private static partial Regex Codes();

    [GeneratedRegex(@"[0-9,]+ steps/s|[0-9]+:[0-9]+ left|in [0-9.]+ s")]
    private static partial Regex Times();
}
