using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace MicroGpt.Bench;

/// <summary>The default run: the names in data, in the order that Python shuffles them to.</summary>
static class Names
{
    static readonly PythonRandom random = new(42);

    public static string Root { get; } = FindRoot();

    /// <summary>BOS, letters, BOS. All names are written with a to z.</summary>
    public static int[][] Documents { get; } = Load();

    public static GptConfig Config { get; } = new(27);

    static Parameters Start { get; } = Parameters.Random(Config, random);

    /// <summary>Trains as Python did, and compares.</summary>
    /// <exception cref="InvalidOperationException">A bit differs.</exception>
    public static Parameters Verify(int width)
    {
        var golden = JsonDocument.Parse(File.ReadAllText(
            Path.Join(Root, "tests", "golden", "shipped-names-default.json"))).RootElement;
        var parameters = new Parameters(Config);
        Start.Values.CopyTo(parameters.Values, 0);
        var gradient = new double[Config.ParameterCount];
        var (engine, adam) = (new ExactEngine(parameters, width), new ExactAdam(Config.ParameterCount, width));
        for (var step = 0; step < 1000; step++)
        {
            engine.Backward(Documents[step % Documents.Length], gradient);
            adam.Update(parameters.Values, gradient, step, 0.01 * (1 - step / 1000.0));
        }
        var hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(parameters.Values.AsSpan())));
        return hash == golden.GetProperty("final_params_sha256").GetString()
            ? parameters
            : throw new InvalidOperationException($"{width} lanes: the trained parameters are not those of Python");
    }

    /// <summary>One stream of names from the trained model, temperature 0.5: the best quarter second of six.</summary>
    public static double TokensPerSecond(int width)
    {
        var decoder = new Decoder(Verify(width), width);
        var scores = new double[Config.VocabSize];
        var best = 0.0;
        for (var repeat = 0; repeat < 6; repeat++)
        {
            var watch = Stopwatch.StartNew();
            var tokens = 0;
            while (watch.ElapsedMilliseconds < 250)
            {
                decoder.Reset();
                var token = 26;
                do
                {
                    var logits = decoder.Next(token);
                    for (var i = 0; i < scores.Length; i++)
                    {
                        scores[i] = logits[i] * 2;
                    }
                    Softmax.Apply(scores, scores, width);
                    token = random.Choice(scores);
                    tokens++;
                }
                while (token != 26 && decoder.Position < Config.BlockSize);
            }
            best = Math.Max(best, tokens / watch.Elapsed.TotalSeconds);
        }
        return best;
    }

    /// <summary>Seconds from start to end, three times, in a folder where input.txt is data/names.txt.</summary>
    public static Spread WholeProgram(string command)
    {
        var folder = Directory.CreateTempSubdirectory("microgpt-bench");
        try
        {
            File.Copy(Path.Join(Root, "data", "names.txt"), Path.Join(folder.FullName, "input.txt"));
            return Spread.Of([.. Enumerable.Range(0, 3).Select(_ => Run())]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        double Run()
        {
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " > /dev/null"])
            {
                WorkingDirectory = folder.FullName,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? watch.Elapsed.TotalSeconds
                : throw new InvalidOperationException($"{command} ended with {process.ExitCode}");
        }
    }

    static int[][] Load()
    {
        var names = File.ReadAllLines(Path.Join(Root, "data", "names.txt")).Select(line => line.Trim())
            .Where(line => line.Length > 0).ToArray();
        random.Shuffle(names.AsSpan());
        return [.. names.Select(name => (int[])[26, .. name.Select(c => c - 'a'), 26])];
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
