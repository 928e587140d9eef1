namespace Docs.Tests;

/// <summary>
/// The lessons, of which microgpt.cs is the last, print what the original steps in Python print. What they share is the
/// same text, so that two of them differ in what they teach and in nothing else.
/// </summary>
public class LessonTests
{
    public static readonly TheoryData<int> Numbers = new(Lesson.All.Select(lesson => lesson.Number));
    public static readonly TheoryData<int> BeforeMicrogpt = new(Lesson.BeforeMicrogpt.Select(lesson => lesson.Number));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void On_makemores_names_it_prints_what_the_original_prints(int number) =>
        AssertPrints(Lesson.All[number].Golden, Lesson.All[number], Repository.SharedData("makemore-names.txt"));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void On_the_names_of_this_repository_it_prints_what_the_original_prints(int number) =>
        AssertPrints(Lesson.All[number].ShippedGolden, Lesson.All[number], Repository.ShippedNames);

    /// <summary>A part of microgpt.cs by how its first line and the line after it begin, and its first lesson.</summary>
    [Theory]
    [InlineData("#!", "// ", 0)]
    [InlineData("    // Data set: ", "            var names = ", 0)]
    [InlineData("            if (!File.Exists(names)", "    // Autograd: ", 0)]
    [InlineData("    // Autograd: ", "    // Parameters: ", 2)]
    [InlineData("        void Make(", "    // Model: ", 2)]
    [InlineData("    // Parameters: ", "    // Model: ", 4)]
    [InlineData("    // Model: ", "    static Value Dot(", 3)]
    [InlineData("    static Value Dot(", "    static Value[] Add(", 2)]
    [InlineData("    static Value[] Add(", "    // x [nIn], w [nOut, nIn]", 3)]
    [InlineData("    // x [nIn], w [nOut, nIn]", "    // [n] -> [n]: the same direction", 2)]
    [InlineData("    // [n] -> [n]: the same direction", "    // [n] -> [n]: any numbers", 3)]
    [InlineData("    // [n] -> [n]: any numbers", "    // What attention remembers", 2)]
    [InlineData("    // What attention remembers", "    // Adam, the optimizer", 4)]
    [InlineData("    static void Run(", "        var (m, v) = ", 4)]
    [InlineData("        // Training: ", "        var (m, v) = ", 0)]
    [InlineData("        // Inference: ", "            var (keys, values, token", 0)]
    [InlineData("    static int Main(", null, 0)]
    public void What_it_shares_with_microgpt_is_the_same_text(string start, string? end, int first)
    {
        var part = Part(File.ReadAllText(Repository.TheFile), start, end);
        foreach (var lesson in Lesson.BeforeMicrogpt.Skip(first))
            Assert.True(lesson.Text.Contains(part), $"{lesson} does not hold, as it stands in microgpt.cs:\n{part}");
    }

    /// <summary>A part that only lessons share, or that differs from microgpt.cs in one word.</summary>
    [Theory]
    [InlineData("    // Data set: ", "    // Tokenizer: ", 0, 4)]
    [InlineData("    // Model: ", "    static ", 1, 2)]
    [InlineData("    // Parameters: ", "        Matrices stateDict", 1, 5)]
    [InlineData("    // SGD, ", "    static void Run(", 2, 4)]
    public void What_lessons_share_is_the_same_text(string start, string end, int first, int last)
    {
        var part = Part(Lesson.All[first].Text, start, end);
        foreach (var lesson in Lesson.All[first..(last + 1)])
            Assert.True(lesson.Text.Contains(part), $"{lesson} does not hold, as it stands in lesson {first}:\n{part}");
    }

    /// <summary>In lesson 1 numbers are double, in lesson 2 Value: that is the lesson.</summary>
    [Fact]
    public void From_lesson_1_to_2_the_model_changes_its_type_only()
    {
        var by = Part(Lesson.All[1].Text, "    static double Dot(", "    // [n] -> [n]: any numbers");
        Assert.Contains(by.Replace("double", "Value"), Lesson.All[2].Text);
    }

    [Theory]
    [MemberData(nameof(BeforeMicrogpt))]
    public void The_header_says_what_is_new_and_why_and_what_is_printed(int number)
    {
        var lesson = Lesson.All[number];
        var header = lesson.Text[lesson.Text.IndexOf("\n// ", StringComparison.Ordinal)..].TrimStart('\n').Split('\n');
        var (last, shipped) = (Lesson.Last(lesson.Golden), Lesson.Last(lesson.ShippedGolden));
        Assert.Equal(last.Step, shipped.Step);
        Assert.StartsWith($"// Lesson {number}: ", header[0]);
        Assert.StartsWith("// New: ", header[1]);
        Assert.StartsWith("// Why: ", header[2]);
        Assert.Equal($"// Run: dotnet run lessons/{lesson}. Last loss, of step {last.Step}: {last.Loss} on makemore's "
            + $"names, {shipped.Loss} on data/names.txt.", header[3]);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void It_is_plain_text_that_runs_by_itself(int number)
    {
        var lesson = Lesson.All[number];
        Assert.True(File.ReadAllBytes(lesson.Source).AsSpan().StartsWith("#!/usr/bin/env"u8), "no byte order mark");
        Assert.DoesNotContain(lesson.Text, character => character is '\r' or '\t');
        Assert.EndsWith("}\n", lesson.Text);
        Assert.All(lesson.Text.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
        Assert.DoesNotContain("#:package", lesson.Text);
        Assert.DoesNotContain("#:project", lesson.Text);
        if (OperatingSystem.IsWindows()) return;
        Assert.True(File.GetUnixFileMode(lesson.Source).HasFlag(UnixFileMode.UserExecute), $"./{lesson} does not run");
    }

    [Fact]
    public void There_are_no_others() => Assert.Equal(
        Lesson.BeforeMicrogpt.Select(lesson => lesson.Name),
        Directory.GetFiles(Lesson.Folder, "*.cs").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    static void AssertPrints(string expected, Lesson lesson, string data)
    {
        var folder = Directory.CreateTempSubdirectory("microgpt-").FullName;
        try
        {
            File.Copy(data, Path.Join(folder, "input.txt"));
            var run = Run.Start(folder, "dotnet", "run", lesson.Source);
            Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
            AssertSame(expected, run.Text.Replace('\r', '\n'), $"what {lesson} prints"); // microgpt.cs ends steps by \r
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void AssertSame(string expected, string actual, string what)
    {
        var (want, have) = (expected.Split('\n'), actual.Split('\n'));
        var same = want.Zip(have).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(expected == actual, $"{what} differs in line {same + 1}:\n{have.ElementAtOrDefault(same)}\n"
            + $"it should be:\n{want.ElementAtOrDefault(same)}");
    }

    static string Part(string text, string start, string? end)
    {
        var from = ("\n" + text).IndexOf("\n" + start, StringComparison.Ordinal);
        Assert.True(from >= 0, $"no line begins with: {start}");
        var to = end == null ? text.Length : text.IndexOf("\n" + end, from, StringComparison.Ordinal) + 1;
        Assert.True(to > from, $"no line after \"{start}\" begins with: {end}");
        return text[from..to];
    }
}
