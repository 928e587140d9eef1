using System.Runtime.CompilerServices;

namespace MicroGpt.Tests;

/// <summary>Where things are: the clone, and the data sets that are too large or not ours to commit.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();
    public static string TheFile { get; } = Path.Join(Root, "microgpt.cs");
    public static string Golden { get; } = Path.Join(Root, "tests", "golden");
    public static string ShippedNames { get; } = Path.Join(Root, "data", "names.txt");

    /// <summary>The folder shared/data beside the clone; it need not be there.</summary>
    public static string Shared { get; } = Path.GetFullPath(Path.Join(Root, "..", "shared", "data"));

    /// <summary>A data set of that folder; the test is skipped where there is none.</summary>
    public static string SharedData(string file)
    {
        var path = Path.Join(Shared, file);
        Assert.SkipUnless(File.Exists(path), $"the data set {file} is not on this machine ({path})");
        return path;
    }

    static string FindRoot([CallerFilePath] string source = "")
    {
        var folder = Path.GetDirectoryName(source)!;
        while (!File.Exists(Path.Join(folder, "microgpt.cs")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException($"no microgpt.cs above {source}");
        }
        return folder;
    }
}
