using System.Collections.Concurrent;

namespace MicroGptFile.Tests;

/// <summary>
/// Runs microgpt.cs as a person does: dotnet run, in a folder with an input.txt. A changed setting or an added line
/// goes into a temporary copy of the real text, and it is an error if the text to change is not there exactly once.
/// </summary>
sealed class TheFile : IDisposable
{
    // One copy for one text: what several tests run is built only once, by one of them while the others wait.
    static readonly ConcurrentDictionary<string, FileInfo> copies = [];
    static readonly string copiesFolder = Directory.CreateTempSubdirectory("microgpt-sources-").FullName;

    string text = File.ReadAllText(Repository.TheFile);

    static TheFile() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(copiesFolder, recursive: true);

    /// <summary>Where it is run: an empty folder of its own.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("microgpt-").FullName;

    public TheFile With(params (string Name, string Value)[] constants)
    {
        foreach (var (name, value) in constants)
        {
            var line = text.Split('\n').Single(line => line.TrimStart().StartsWith("const ", StringComparison.Ordinal)
                && line.Contains($" {name} = ", StringComparison.Ordinal));
            var start = line.IndexOf($" {name} = ", StringComparison.Ordinal) + name.Length + 4;
            Replace(line, line[..start] + value + line[line.IndexOf(';')..]);
        }
        return this;
    }

    public TheFile Replace(string old, string replacement)
    {
        Assert.True(text.Split(old).Length == 2, $"microgpt.cs should contain exactly once: {old}");
        text = text.Replace(old, replacement);
        return this;
    }

    public TheFile Before(string anchor, string line) => Replace($" {anchor}", $" {line}\n {anchor}");

    /// <summary>Has it write all losses, the parameters at the start and the end and the first gradients.</summary>
    public TheFile WithFigures()
    {
        const string dump = "static class Figures { public static void Add(string what, System.Collections.Generic."
            + "IEnumerable<double> numbers) => File.AppendAllText(\"figures.txt\", what + string.Concat(numbers.Select("
            + "x => $\" {BitConverter.DoubleToUInt64Bits(x):x16}\")) + \"\\n\"); }\n";
        Before("// Training:", "Figures.Add(\"start\", parameters.Select(p => p.Data));");
        Before("Adam(parameters,", "Figures.Add(\"loss\", [loss.Data]);");
        Before("Adam(parameters,", "if (step == 0) Figures.Add(\"gradients\", parameters.Select(p => p.Grad));");
        Before("// Inference:", "Figures.Add(\"end\", parameters.Select(p => p.Data));");
        text += dump;
        return this;
    }

    public double[] Figures(string what) => [.. File.ReadLines(Path.Join(Folder, "figures.txt"))
        .Where(line => line.StartsWith(what + " ", StringComparison.Ordinal))
        .SelectMany(line => line.Split(' ')[1..])
        .Select(hex => BitConverter.UInt64BitsToDouble(Convert.ToUInt64(hex, 16)))];

    public TheFile Input(byte[] bytes)
    {
        File.WriteAllBytes(Path.Join(Folder, "input.txt"), bytes);
        return this;
    }

    /// <summary>The changed copy; it stands alone in its folder.</summary>
    public string Copy() => Copied().FullName;

    public Run Run()
    {
        var copy = Copied();
        lock (copy)
        {
            return MicroGpt.Tests.Run.Start(Folder, "dotnet", "run", copy.FullName);
        }
    }

    /// <summary>Runs it by a command line of the shell, in which $file stands for the file.</summary>
    public Run Shell(string command)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "there is no /bin/bash on this machine");
        var copy = Copied();
        lock (copy)
        {
            return MicroGpt.Tests.Run.Start(Folder, "/bin/bash", "-c", $"file='{copy}'; {command}");
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    FileInfo Copied() => copies.GetOrAdd(text, static text =>
    {
        var copy = new FileInfo(Path.Join(copiesFolder, Path.GetRandomFileName(), "microgpt.cs"));
        copy.Directory!.Create();
        File.WriteAllText(copy.FullName, text);
        return copy;
    });
}
