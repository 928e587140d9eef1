using System.Text.RegularExpressions;

namespace Docs.Tests;

/// <summary>
/// One of the five programs that lead to microgpt.cs, or microgpt.cs itself, and what the original step printed.
/// </summary>
sealed partial record Lesson(int Number, string Name)
{
    public static readonly Lesson[] All =
    [
        new(0, "0-bigram.cs"), new(1, "1-gradients.cs"), new(2, "2-autograd.cs"),
        new(3, "3-attention.cs"), new(4, "4-layers.cs"), new(5, "../microgpt.cs"),
    ];

    public static readonly string Folder = Path.Join(Repository.Root, "lessons");
    public static readonly string Readme = File.ReadAllText(Path.Join(Folder, "README.md"));

    /// <summary>Those in the folder lessons.</summary>
    public static readonly Lesson[] BeforeMicrogpt = All[..5];

    public string Source => Path.GetFullPath(Path.Join(Folder, Name));
    public string Text => File.ReadAllText(Source);

    /// <summary>On makemore's names.</summary>
    public string Golden => Recorded($"names-train{Number}");

    /// <summary>On data/names.txt. The original's last step is microgpt.py, but for the end of a step's line.</summary>
    public string ShippedGolden => Number < 5
        ? Recorded($"shipped-names-train{Number}")
        : File.ReadAllText(Path.Join(Repository.Golden, "shipped-names-default.stdout")).Replace('\r', '\n');

    /// <summary>The last step that was printed, and its loss.</summary>
    public static (string Step, string Loss) Last(string stdout)
    {
        var last = StepLine().Matches(stdout)[^1];
        return (last.Groups["step"].Value, last.Groups["loss"].Value);
    }

    public override string ToString() => Path.GetFileName(Name);

    static string Recorded(string name) =>
        File.ReadAllText(Path.Join(Repository.Golden, "lessons", name + ".stdout"));

    [GeneratedRegex(@"^step +(?<step>\d+) / 1000 \| loss (?<loss>[0-9.]+)$", RegexOptions.Multiline)]
    private static partial Regex StepLine();
}
