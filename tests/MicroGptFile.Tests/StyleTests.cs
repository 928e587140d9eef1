using System.Text;

namespace MicroGptFile.Tests;

/// <summary>What a reader may rely on before reading: the size of the file, a clean tree, a true README.</summary>
public class StyleTests
{
    static readonly string[] lines = File.ReadAllText(TheFile.Source).TrimEnd('\n').Split('\n');
    static readonly string readme = File.ReadAllText(Path.Join(Repository.Root, "README.md"));

    [Fact]
    public void TheFileIsAtMost250LinesOf122Columns()
    {
        Assert.InRange(lines.Length, 1, 250);
        Assert.All(lines, line => Assert.InRange(line.EnumerateRunes().Count(), 0, 122));
    }

    [Fact]
    public void TheFileIsPlainText()
    {
        var bytes = File.ReadAllBytes(TheFile.Source);
        Assert.True(bytes.AsSpan().StartsWith("#!/usr/bin/env"u8), "no byte order mark: the system looks for #!");
        Assert.DoesNotContain((byte)'\r', bytes);
        Assert.DoesNotContain((byte)'\t', bytes);
        Assert.Equal((byte)'\n', bytes[^1]);
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void TheFileUsesNoPackageAndNoFlag()
    {
        var text = string.Join('\n', lines);
        Assert.DoesNotContain("#:package", text);
        Assert.DoesNotContain("#:project", text);
        Assert.DoesNotContain("args", text);
        Assert.DoesNotContain("GetEnvironmentVariable", text);
    }

    [Fact]
    public void TheTreeHoldsSourcesOnly()
    {
        string[] debris = ["/bin/", "/obj/", "/artifacts/", "/TestResults/", "/.vs/"];
        Assert.All(Tracked(), file => Assert.DoesNotContain(debris, folder => ("/" + file).Contains(folder)));
        Assert.All(Tracked(), file => Assert.DoesNotMatch(@"\.(dll|exe|pdb|nupkg|binlog|user)$|^input\.txt|^[^/]*\.csproj$", file));
        Assert.All(Tracked(), file => Assert.DoesNotMatch(@"^Directory\.[^/]*$", file)); // it would reach microgpt.cs
    }

    [Fact]
    public void NothingIsLeftForLater()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "X" + "XX"];
        foreach (var file in Tracked().Where(file => !file.StartsWith("tests/golden/", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(Path.Join(Repository.Root, file));
            Assert.All(marks, mark => Assert.False(text.Contains(mark), $"{file} holds {mark}"));
        }
    }

    [Fact]
    public void SourceLinesAreAtMost122Columns()
    {
        foreach (var file in Tracked().Where(file => file.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var number = 0;
            foreach (var line in File.ReadLines(Path.Join(Repository.Root, file)))
                Assert.True(++number > 0 && line.EnumerateRunes().Count() <= 122, $"{file}, line {number}, is too long");
        }
    }

    [Fact]
    public void TheReadmeShowsWhatTheCommandPrints()
    {
        const string command = "```console\n$ dotnet run microgpt.cs\n";
        var shown = readme[(readme.IndexOf(command, StringComparison.Ordinal) + command.Length)..];
        shown = shown[..shown.IndexOf("```", StringComparison.Ordinal)];
        Assert.Equal(AsSeenOnATerminal(Golden.Load("names-default").Stdout), shown);
    }

    [Fact]
    public void TheReadmesTableOfSettingsIsTheFiles()
    {
        var constants = lines.Select(line => line.Trim()).Where(line => line.StartsWith("const ", StringComparison.Ordinal))
            .TakeWhile(line => !line.Contains("url"))
            .Select(line => line.Split(' ', '=', ';').Where(word => word != "").ToArray())
            .Select(words => $"| `{words[2]}` | {words[3]} |");
        Assert.Equal(8, constants.Count());
        Assert.All(constants, row => Assert.Contains(row, readme));
    }

    [Fact]
    public void FilesThatTheReadmeLinksToExist()
    {
        foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(
            readme, @"\]\((?!https?:|#)([^)#]+)"))
        {
            Assert.True(Path.Exists(Path.Join(Repository.Root, link.Groups[1].Value)), $"README.md links to {link.Groups[1]}");
        }
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
