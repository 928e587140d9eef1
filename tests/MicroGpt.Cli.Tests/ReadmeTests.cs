namespace MicroGpt.Cli.Tests;

/// <summary>What the README shows of the command is what the command prints.</summary>
public class ReadmeTests
{
    [Fact]
    public void Its_examples_print_what_it_shows()
    {
        using var microgpt = new Command();
        File.Copy(Path.Join(Golden.Root, "data", "names.txt"), microgpt.At("names.txt"));
        var readme = File.ReadAllText(Path.Join(Golden.Root, "README.md"));
        var examples = readme.Split("```console\n$ microgpt ").Skip(1)
           .Select(text => text[..text.IndexOf("```\n", StringComparison.Ordinal)]).ToArray();
        Assert.Equal(4, examples.Length);
        foreach (var example in examples)
        {
            var end = example.IndexOf('\n', StringComparison.Ordinal);
            var (command, shown) = (example[..end], example[(end + 1)..]);
            var printed = microgpt.Run(command.Split(' ')).Good();
            if (command.StartsWith("train ", StringComparison.Ordinal))
            {
                // The README shows a terminal, with a progress bar and times; the samples are the same everywhere.
                string[] Samples(string[] lines) =>
                    [.. lines.Where(line => line.StartsWith("sample ", StringComparison.Ordinal))];
                Assert.Equal(Samples(shown.Split('\n')), Samples(printed.Lines));
                Assert.Equal(5, Samples(printed.Lines).Length);
            }
            else
            {
                Assert.Equal(shown, printed.Output);
            }
        }
    }
}
