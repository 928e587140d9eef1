using System.Text.RegularExpressions;

namespace MicroGpt.Cli.Tests;

/// <summary>What the README shows of the command is what the command prints.</summary>
public partial class ReadmeTests
{
    [Fact]
    public void Its_examples_print_what_it_shows()
    {
        using var microgpt = new Command();
        File.Copy(Path.Join(Golden.Root, "data", "names.txt"), microgpt.At("names.txt"));
        File.Copy(Path.Join(Golden.Root, "docs", "walkthrough.md"), microgpt.At("walkthrough.md"));
        var readme = File.ReadAllText(Path.Join(Golden.Root, "README.md"));
        var examples = readme.Split("```console\n$ microgpt ").Skip(1)
            .Select(text => text[..text.IndexOf("```\n", StringComparison.Ordinal)])
            .Select(text => text.Replace(" \\\n    ", " ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(6, examples.Length);
        var recording = ("", "");
        foreach (var example in examples)
        {
            var end = example.IndexOf('\n', StringComparison.Ordinal);
            var (command, shown) = (example[..end], example[(end + 1)..]);
            var printed = microgpt.Run([.. Words().Matches(command).Select(word => word.Value.Trim('"'))]);
            Assert.Equal(0, printed.ExitCode);
            if (command.StartsWith("train names", StringComparison.Ordinal))
            {
                string[] Samples(string[] lines) =>
                    [.. lines.Where(line => line.StartsWith("sample ", StringComparison.Ordinal))];
                Assert.Equal(Samples(shown.Split('\n')), Samples(printed.Lines));
                Assert.Equal(5, Samples(printed.Lines).Length);
                recording = (command, shown);
            }
            else
            {
                Assert.Equal(Timeless(shown), Timeless(printed.Output));
            }
        }
        Assert.Equal(Timeless(recording.Item2), Timeless(LastFrame(microgpt, recording.Item1)));
    }

    // What stands on a terminal at the end of a run: the line that it began with, and what came after the last erasure.
    static string LastFrame(Command microgpt, string command)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no /usr/bin/script here");
        var run = $"stty cols 80 rows 24; {Command.Executable} {command}";
        var seen = microgpt.Shell($"script -qec '{run}' /dev/null").Good().Output.Replace("\r\n", "\n");
        var (first, last) = (seen.IndexOf('\n') + 1, seen.LastIndexOf("\e[J", StringComparison.Ordinal) + 3);
        return Codes().Replace(seen[..first] + seen[last..], "").Replace(" \n", "\n");
    }

    static string Timeless(string text) => Times().Replace(text, "#");

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex Words();

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e=")]
    private static partial Regex Codes();

    [GeneratedRegex(@"[0-9,]+ steps/s|[0-9]+:[0-9]+ left|in [0-9.]+ s")]
    private static partial Regex Times();
}
