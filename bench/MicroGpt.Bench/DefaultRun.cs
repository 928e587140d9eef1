using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace MicroGpt.Bench;

/// <summary>The default run: a thousand steps on the names in data.</summary>
static class DefaultRun
{
    public static string Root { get; } = FindRoot();

    public static Corpus Corpus { get; } = Corpus.Load(Path.Join(Root, "data", "names.txt"));

    public static Workload Workload { get; } =
        new("default", "the default options: float64, nEmbd 16, blockSize 16, one name a step", Corpus, new());

    /// <summary>Trains the golden run and compares it with Python's.</summary>
    /// <exception cref="InvalidOperationException">A bit differs.</exception>
    public static Gpt Verify()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(
            Path.Join(Root, "tests", "golden", "shipped-names-default.json"))).RootElement;
        var gpt = Gpt.Train(Corpus, new());
        var hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(gpt.Parameters.Values.AsSpan())));
        return hash == golden.GetProperty("final_params_sha256").GetString() ? gpt
            : throw new InvalidOperationException("the trained parameters differ from Python's");
    }

    /// <summary>Tokens per second of <see cref="Gpt.Generate"/>: the best of six runs of 2,000 names.</summary>
    public static double TokensPerSecond(Gpt gpt)
    {
        var best = 0.0;
        for (var repeat = 0; repeat < 6; repeat++)
        {
            var watch = Stopwatch.StartNew();
            var tokens = gpt.Generate(repeat).Take(2000).Sum(name => Math.Min(name.Length + 1, gpt.Config.BlockSize));
            best = Math.Max(best, tokens / watch.Elapsed.TotalSeconds);
        }
        return best;
    }

    static string FindRoot([CallerFilePath] string source = "")
    {
        var folder = Path.GetDirectoryName(source)!;
        while (!File.Exists(Path.Join(folder, "microgpt.cs")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return folder;
    }
}
