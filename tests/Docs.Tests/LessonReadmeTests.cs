using System.Text.RegularExpressions;

namespace Docs.Tests;

/// <summary>Every figure of lessons/README.md is what its command prints, and every command does something.</summary>
public sealed class LessonReadmeTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("microgpt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>By the recorded output; the losses on new names by what is shown further down.</summary>
    [Fact]
    public void The_table_is_true()
    {
        var losses = Shown("for lesson in ").Output.Split('\n');
        var lines = Lesson.Readme.Split('\n');
        foreach (var lesson in Lesson.All)
        {
            var row = lines.Single(line => line.StartsWith($"| [{lesson}]({lesson.Name}) |", StringComparison.Ordinal));
            var cells = row.Split('|', StringSplitOptions.TrimEntries);
            var parameters = Regex.Match(lesson.Golden, @"num params: (\d+)").Groups[1].Value;
            Assert.Equal(lesson.Number == 0 ? "729 counts" : parameters, cells[3].Replace(",", ""));
            Assert.Equal(Lesson.Last(lesson.Golden).Loss, cells[4]);
            Assert.Equal(losses[lesson.Number], cells[5]);
        }
    }

    [Fact]
    public void Links_lead_somewhere()
    {
        var links = Regex.Matches(Lesson.Readme, @"\]\((?!https?:|#)([^)#]+)").Select(link => link.Groups[1].Value);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Join(Lesson.Folder, link)), $"there is no {link}"));
    }

    [Fact]
    public void There_are_three_exercises_a_lesson_and_an_answer_to_each()
    {
        foreach (var lesson in Lesson.All)
        {
            foreach (var number in Enumerable.Range(1, 3))
            {
                var exercise = Lesson.Readme.Split($"**Exercise {lesson.Number}.{number}.**");
                Assert.True(exercise.Length == 2, $"exercise {lesson.Number}.{number} should be there once");
                var answer = exercise[1].Split("**Exercise")[0];
                Assert.Contains("<details><summary>Answer</summary>\n\n```console\n$ ", answer);
            }
        }
    }

    /// <summary>A change that no longer finds its text would go unnoticed. Nothing is compiled, so it is quick.</summary>
    [Fact]
    public void Every_change_changes_its_lesson()
    {
        Prepare("anna");
        // sed as it is, but a text that comes out as it went in is reported, and so is a part that try does not change.
        const string watched = """
            dotnet() { [ "$2" != - ] || cat > /dev/null; }
            same() { cmp -s "$1" "$2" && echo "no change: $3" >> unchanged; return 0; }
            sed() { [ "$1" = -n ] && { cat; return; }; command sed "$1" "$2" > after; same after "$2" "$1"; cat after; }
            try() { command sed "$new" "$2" > before; command sed "$new; $1" "$2" > after
              if [ -n "$1" ]; then same before after "$1"; fi; }
            """;
        var commands = Examples().Where(example => Regex.IsMatch(example.Command, @"\b(sed|try) ")).ToArray();
        Assert.True(commands.Length > 30, $"{commands.Length} commands are too few");
        foreach (var example in commands)
        {
            var run = Bash($"{example.Definitions}\n{watched}\n{example.Command}");
            Assert.Equal("", run.Stderr);
            Assert.False(File.Exists(Path.Join(folder, "unchanged")), $"it changes nothing: {example.Command}");
        }
    }

    [Theory]
    [InlineData("awk ")] // guessing, letters, pairs
    [InlineData("for lesson in ")] // the yardstick
    public void WhatTheTextRestsOnIsWhatIsPrinted(string command)
    {
        Prepare(File.ReadAllText(Repository.SharedData("makemore-names.txt")));
        AssertPrints(Shown(command));
    }

    /// <summary>Fifty programs, minutes: dotnet run --project tests/Docs.Tests -- -explicit only</summary>
    [Fact(Explicit = true)]
    public void Every_command_prints_what_is_shown()
    {
        Prepare(File.ReadAllText(Repository.SharedData("makemore-names.txt")));
        foreach (var example in Examples().Where(example => example.Output.Length > 0)) AssertPrints(example);
    }

    void AssertPrints(Example example)
    {
        var run = Bash($"{example.Definitions}\n{example.Command}");
        Assert.Equal("", run.Stderr);
        var printed = run.Text.TrimEnd('\n');
        Assert.True(example.Output == printed, $"{example.Command}\nprints\n{printed}\nnot\n{example.Output}");
    }

    void Prepare(string names)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "the commands are for bash, and it is not on this machine");
        File.WriteAllText(Path.Join(folder, "input.txt"), names);
        Directory.CreateSymbolicLink(Path.Join(folder, "lessons"), Lesson.Folder);
        File.CreateSymbolicLink(Path.Join(folder, "microgpt.cs"), Repository.TheFile);
    }

    Run Bash(string script) => Run.Start(folder, "/bin/bash", "-c", script);

    /// <summary>A command, what is shown of its output, and the variables and functions defined above it.</summary>
    sealed record Example(string Definitions, string Command, string Output);

    static Example Shown(string command) =>
        Examples().Single(example => example.Command.StartsWith(command, StringComparison.Ordinal));

    static IEnumerable<Example> Examples()
    {
        var definitions = "";
        const RegexOptions options = RegexOptions.Singleline | RegexOptions.Multiline;
        foreach (Match block in Regex.Matches(Lesson.Readme, "^```console\n(.*?)^```", options))
        {
            // Each command begins with $, its further lines with >; what follows is what it prints.
            foreach (var part in Regex.Split(block.Groups[1].Value, @"^\$ ", options).Skip(1))
            {
                var lines = part.TrimEnd('\n').Split('\n');
                var further = lines.Skip(1).TakeWhile(line => line.StartsWith("> ", StringComparison.Ordinal)).ToArray();
                var command = string.Join('\n', [lines[0], .. further.Select(line => line[2..])]);
                if (Regex.IsMatch(command, @"^\w+(\+?=|\(\))")) definitions += command + "\n";
                else yield return new(definitions, command, string.Join('\n', lines.Skip(1 + further.Length)));
            }
        }
    }
}
