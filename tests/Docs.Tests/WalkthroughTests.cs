using System.Globalization;
using System.Text.RegularExpressions;

namespace Docs.Tests;

/// <summary>The pages that explain the file: what they quote is the file, what they show is what a run prints.</summary>
public class WalkthroughTests
{
    const string walkthrough = "walkthrough.md", gpt2 = "gpt2-vs-microgpt.md";

    [Fact]
    public void Its_c_sharp_is_the_file_whole_and_in_order()
    {
        var quoted = string.Concat(Boxes(Page(walkthrough), "csharp")).Split('\n');
        var lines = File.ReadAllText(Repository.TheFile).Split('\n');
        foreach (var (i, (line, quote)) in lines.Zip(quoted).Index())
            Assert.True(line == quote, $"microgpt.cs, line {i + 1}, is\n{line}\nand {walkthrough} quotes\n{quote}");
        Assert.Equal(lines.Length, quoted.Length);
    }

    /// <summary>
    /// All commands of a page, one after the other in one shell, as a reader would paste them. What follows a command in
    /// a plain box is what it printed, to the byte; a command without such a box prints nothing.
    /// </summary>
    [Theory]
    [InlineData(walkthrough)]
    [InlineData(gpt2)]
    public void Its_commands_print_what_it_shows(string page)
    {
        foreach (var tool in (string[])["bash", "awk", .. page == gpt2 ? ["patch"] : Array.Empty<string>()])
            Assert.SkipUnless(Found(tool), $"{tool} is not on this machine");
        const string mark = "---- the next command ----";
        var boxes = Regex.Matches(Page(page), @"^```sh\n(.*?)^```\n(\n```text\n(.*?)^```\n)?", box);
        var commands = boxes.Select(match => match.Groups[1].Value).ToArray();
        if (!Found("python3")) commands = [.. commands.Where(command => !command.StartsWith("python3 "))];
        Assert.NotEmpty(commands);

        var clone = Directory.CreateTempSubdirectory("microgpt-").FullName;
        try
        {
            foreach (var folder in (string[])["data", "docs"]) Directory.CreateDirectory(Path.Join(clone, folder));
            foreach (var file in (string[])["microgpt.cs", "data/names.txt", $"docs/{page}"])
                File.Copy(Path.Join(Repository.Root, file), Path.Join(clone, file));
            var script = string.Concat(commands.Select(command => $"{command}echo '{mark}'\n"));
            var run = Run.Start(clone, "bash", "-c", script);
            Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
            var printed = run.Text.Split($"{mark}\n");
            foreach (var match in boxes.Where(match => commands.Contains(match.Groups[1].Value)))
            {
                var (command, shown) = (match.Groups[1].Value, match.Groups[3].Value);
                var actual = printed[Array.IndexOf(commands, command)];
                Assert.True(shown == actual, $"{page}:\n{command}\nprints\n{actual}\nand the page shows\n{shown}");
            }
        }
        finally
        {
            Directory.Delete(clone, recursive: true);
        }
    }

    /// <summary>A measured number in the prose, one with three or more decimals, is in a box, maybe with more.</summary>
    [Theory]
    [InlineData(walkthrough)]
    [InlineData(gpt2)]
    public void The_measured_numbers_in_the_prose_are_shown(string page)
    {
        const string number = @"(?<![\d.])\d+\.\d{3,}(?!\d)";
        var text = Page(page);
        var shown = Numbers(string.Concat(Boxes(text, "(?:text|csharp|diff)")), @"\d+\.\d+").ToArray();
        var prose = Regex.Replace(text, "^```(text|csharp|diff|sh)\n.*?^```$", "", box); // leaves the diagrams
        foreach (var (digits, value) in Numbers(prose, number))
        {
            var decimals = digits.Length - 1 - digits.IndexOf('.');
            Assert.True(
                shown.Any(other => Math.Round(other.Value, decimals) == value), $"{page}: no command printed {digits}");
        }
    }

    [Fact]
    public void Links_of_the_pages_lead_somewhere()
    {
        foreach (var path in Directory.EnumerateFiles(Path.Join(Repository.Root, "docs"), "*.md"))
        {
            var prose = Regex.Replace(File.ReadAllText(path), "^```.*?^```$", "", box);
            foreach (Match link in Regex.Matches(prose, @"\]\((?!https?:)([^)#]*)(#[^)]*)?\)"))
            {
                var (file, anchor) = (link.Groups[1].Value, link.Groups[2].Value);
                var target = file == "" ? path : Path.GetFullPath(Path.Join(Path.GetDirectoryName(path), file));
                Assert.True(Path.Exists(target), $"{path} leads to {target}, which does not exist");
                if (anchor == "") continue;
                Assert.Contains(anchor, File.ReadLines(target).Where(line => line.StartsWith('#')).Select(Anchor));
            }
        }
    }

    const RegexOptions box = RegexOptions.Singleline | RegexOptions.Multiline;

    static string Page(string name) => File.ReadAllText(Path.Join(Repository.Root, "docs", name));

    static IEnumerable<string> Boxes(string page, string language) =>
        Regex.Matches(page, $"^```{language}\n(.*?)^```", box).Select(match => match.Groups[1].Value);

    static IEnumerable<(string Digits, decimal Value)> Numbers(string text, string pattern) =>
        from match in Regex.Matches(text, pattern)
        select (match.Value, decimal.Parse(match.Value, CultureInfo.InvariantCulture));

    /// <summary>The address of a heading: in lower case, without punctuation, hyphens for spaces.</summary>
    static string Anchor(string heading) =>
        "#" + Regex.Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-');

    static bool Found(string tool) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Join(folder, tool)) || File.Exists(Path.Join(folder, tool + ".exe")));
}
