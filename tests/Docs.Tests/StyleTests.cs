using System.Text;
using System.Text.RegularExpressions;

namespace Docs.Tests;

/// <summary>What a reader may rely on before reading: the size of the file, a clean tree, a true README.</summary>
public class StyleTests
{
    static readonly string[] lines = File.ReadAllText(Repository.TheFile).TrimEnd('\n').Split('\n');
    static readonly string readme = File.ReadAllText(Path.Join(Repository.Root, "README.md"));

    [Fact]
    public void The_file_is_at_most_250_lines_of_122_columns()
    {
        Assert.InRange(lines.Length, 1, 250);
        Assert.All(lines, line => Assert.InRange(line.EnumerateRunes().Count(), 0, 122));
    }

    [Fact]
    public void The_file_is_plain_text()
    {
        var bytes = File.ReadAllBytes(Repository.TheFile);
        Assert.True(bytes.AsSpan().StartsWith("#!/usr/bin/env"u8), "no byte order mark: the system looks for #!");
        Assert.DoesNotContain((byte)'\r', bytes);
        Assert.DoesNotContain((byte)'\t', bytes);
        Assert.Equal((byte)'\n', bytes[^1]);
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void The_file_uses_no_package_and_no_flag()
    {
        var text = string.Join('\n', lines);
        Assert.DoesNotContain("#:package", text);
        Assert.DoesNotContain("#:project", text);
        Assert.DoesNotContain("args", text);
        Assert.DoesNotContain("GetEnvironmentVariable", text);
    }

    [Fact]
    public void The_tree_holds_sources_only()
    {
        string[] debris = ["/bin/", "/obj/", "/artifacts/", "/TestResults/", "/.vs/"];
        Assert.All(Tracked(), file => Assert.DoesNotContain(debris, folder => ("/" + file).Contains(folder)));
        Assert.All(Tracked(), file => Assert.DoesNotMatch(@"\.(dll|exe|pdb|nupkg|binlog|user)$|^input\.txt", file));
        // In the root these two would take microgpt.cs for a part of something larger; versions of packages do not.
        Assert.All(Tracked(), file => Assert.DoesNotMatch(@"^[^/]*\.csproj$|^Directory\.Build\.[^/]*$", file));
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "X" + "XX"];
        foreach (var file in Tracked().Where(file => !Regex.IsMatch(file, @"^tests/golden/|\.(png|bin)$")))
        {
            var text = File.ReadAllText(Path.Join(Repository.Root, file));
            Assert.All(marks, mark => Assert.False(text.Contains(mark), $"{file} holds {mark}"));
        }
    }

    [Fact]
    public void Source_lines_are_at_most_122_columns()
    {
        foreach (var file in Tracked().Where(file => Regex.IsMatch(file, @"\.(cs|razor)$")))
        {
            var number = 0;
            foreach (var line in File.ReadLines(Path.Join(Repository.Root, file)))
                Assert.True(++number > 0 && line.EnumerateRunes().Count() <= 122, $"{file}, line {number}, is too long");
        }
    }

    /// <summary>A function of src is read without scrolling. Its braces stand alone, indented as members are.</summary>
    [Fact]
    public void Functions_are_shorter_than_70_lines()
    {
        foreach (var file in Tracked().Where(file => Regex.IsMatch(file, @"^src/.*\.cs$")))
        {
            var start = 0;
            foreach (var (i, line) in File.ReadLines(Path.Join(Repository.Root, file)).Index())
            {
                if (line == "    {") start = i;
                if (line == "    }" && i - start >= 68)
                    Assert.Fail($"{file}: the function that begins in line {start} has {i - start + 2} lines");
            }
        }
    }

    [Fact]
    public void The_readme_shows_what_the_command_prints()
    {
        const string command = "```console\n$ dotnet run microgpt.cs\n";
        var shown = readme[(readme.IndexOf(command, StringComparison.Ordinal) + command.Length)..];
        shown = shown[..shown.IndexOf("```", StringComparison.Ordinal)];
        Assert.Equal(AsSeenOnATerminal(Golden.Load("names-default").Stdout), shown);
    }

    [Fact]
    public void The_readmes_table_of_settings_is_the_files()
    {
        string[] constants = ["nLayer", "nEmbd", "blockSize", "nHead", "numSteps", "learningRate", "temperature", "seed"];
        foreach (var constant in constants)
        {
            var declaration = $"^    const (int|long|double) {constant} = [0-9.]+; +// ";
            var line = Assert.Single(lines, line => Regex.IsMatch(line, declaration));
            Assert.Contains($"| `{constant}` | {line.Split('=', ';')[1].Trim()} |", readme);
        }
    }

    [Fact]
    public void Files_that_the_readme_links_to_exist()
    {
        var links = Regex.Matches(readme, @"\]\((?!https?:|#)([^)#]+)").Select(link => link.Groups[1].Value);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Join(Repository.Root, link)), $"there is no {link}"));
    }

    /// <summary>A carriage return goes back to the start of the line, and what follows covers what was there.</summary>
    static string AsSeenOnATerminal(byte[] stdout) => string.Join(
        '\n', Encoding.UTF8.GetString(stdout).Split('\n').Select(line => line.TrimEnd('\r').Split('\r')[^1]));

    static string[] Tracked()
    {
        Assert.SkipUnless(Path.Exists(Path.Join(Repository.Root, ".git")), "this is not a git checkout");
        return Run.Start(Repository.Root, "git", "ls-files").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
