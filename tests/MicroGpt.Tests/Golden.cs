using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace MicroGpt.Tests;

/// <summary>A run of microgpt.py by CPython, as recorded in tests/golden.</summary>
sealed class Golden
{
    // Python's str.strip takes these too, which string.Trim leaves.
    static readonly string whitespace = new([.. Enumerable.Range(0, 0x3001).Select(c => (char)c)
        .Where(c => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f')]);

    readonly JsonElement json;

    Golden(JsonElement json) => this.json = json;

    public static string Root { get; } = FindRoot();

    /// <summary>The recorded run of this name; skips the test where its data set is not at hand.</summary>
    public static Golden Load(string name)
    {
        var path = Path.Join(Root, "tests", "golden", name + ".json");
        return new(JsonDocument.Parse(File.ReadAllText(path)).RootElement);
    }

    public int Steps => Setting("num_steps");

    public double LearningRate => json.GetProperty("config").GetProperty("learning_rate").GetDouble();

    public double Temperature => json.GetProperty("config").GetProperty("temperature").GetDouble();

    public string[] Samples => [.. json.GetProperty("samples").EnumerateArray().Select(sample => sample.GetString()!)];

    public double[] Losses => [.. json.GetProperty("losses_hex").EnumerateArray().Select(hex => Parse(hex.GetString()!))];

    public string Sha256(string what) => json.GetProperty(what).GetString()!;

    public int Number(string what) => json.GetProperty(what).GetInt32();

    public GptConfig Config(int vocabSize) =>
        new(vocabSize, Setting("n_layer"), Setting("n_embd"), Setting("block_size"), Setting("n_head"));

    public TrainingOptions Options() => new()
    {
        Steps = Steps,
        NLayer = Setting("n_layer"),
        NEmbd = Setting("n_embd"),
        NHead = Setting("n_head"),
        BlockSize = Setting("block_size"),
        LearningRate = LearningRate,
        Seed = Number("seed"),
    };

    /// <summary>The documents of the run's own text file, in file order.</summary>
    public string[] Documents() => [.. File.ReadAllText(DataPath()).Split('\n')
        .Select(line => line.Trim(whitespace.ToCharArray())).Where(line => line.Length > 0)];

    /// <summary>The run's own text file, found by its hash; skips the test where it is not at hand.</summary>
    public string DataPath()
    {
        string[] folders = [Path.Join(Root, "data"), Path.Join(Root, "..", "shared", "data")];
        var hash = Sha256("input_sha256");
        foreach (var file in folders.Where(Directory.Exists).SelectMany(Directory.GetFiles).Order(StringComparer.Ordinal))
        {
            if (Hex(SHA256.HashData(File.ReadAllBytes(file))) == hash)
            {
                return file;
            }
        }
        Assert.Skip($"no data set with SHA-256 {hash} in {string.Join(" or ", folders)}");
        return "";
    }

    /// <summary>SHA-256 of the numbers' little-endian bytes.</summary>
    public static string Sha256(ReadOnlySpan<double> numbers) => Hex(SHA256.HashData(MemoryMarshal.AsBytes(numbers)));

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    int Setting(string name) => json.GetProperty("config").GetProperty(name).GetInt32();

    // C99's hexadecimal form: 0x1.8p+1 is 1.5 · 2.
    public static double Parse(string hex)
    {
        var negative = hex.StartsWith('-');
        var parts = hex[(negative ? 3 : 2)..].Split('.', 'p');
        var (fraction, exponent) = parts.Length == 3 ? (parts[1], parts[2]) : ("0", parts[1]);
        var digits = parts[0] + fraction.PadRight(13, '0');
        var whole = ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var value = Math.ScaleB(whole, int.Parse(exponent, CultureInfo.InvariantCulture) - 52);
        return negative ? -value : value;
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
