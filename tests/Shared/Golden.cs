using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace MicroGpt.Tests;

/// <summary>A run of microgpt.py by CPython, as recorded in tests/golden.</summary>
sealed partial class Golden
{
    // Python's str.strip takes these too, which string.Trim leaves.
    static readonly string whitespace = new([.. Enumerable.Range(0, 0x3001).Select(c => (char)c)
        .Where(c => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f')]);

    readonly string path;
    readonly JsonElement json;

    Golden(string name)
    {
        path = Path.Join(Repository.Golden, name);
        json = JsonDocument.Parse(File.ReadAllText(path + ".json")).RootElement;
    }

    public static string Root => Repository.Root;

    public static Golden Load(string name) => new(name);

    /// <summary>What it printed, to the byte.</summary>
    public byte[] Stdout => File.ReadAllBytes(path + ".stdout");

    public int Steps => Setting("num_steps");

    public double LearningRate => json.GetProperty("config").GetProperty("learning_rate").GetDouble();

    public double Temperature => json.GetProperty("config").GetProperty("temperature").GetDouble();

    public string[] Samples => [.. json.GetProperty("samples").EnumerateArray().Select(sample => sample.GetString()!)];

    public double[] Losses => [.. json.GetProperty("losses_hex").EnumerateArray().Select(hex => Parse(hex.GetString()!))];

    public string Sha256(string what) => json.GetProperty(what).GetString()!;

    public int Number(string what) => json.GetProperty(what).GetInt32();

    /// <summary>Name, rows and columns of each tensor, in order.</summary>
    public IEnumerable<(string Name, int Rows, int Columns)> Tensors => json.GetProperty("tensors").EnumerateArray()
        .Select(tensor => (tensor[0].GetString()!, tensor[1].GetInt32(), tensor[2].GetInt32()));

    /// <summary>The settings of the run by the names of microgpt.cs: nLayer, learningRate, ...</summary>
    public (string Name, string Value)[] Constants => [.. json.GetProperty("config").EnumerateObject()
        .Select(setting => (Camel(setting.Name), setting.Value.GetRawText()))];

    /// <summary>The documents of the run's own text file, in file order.</summary>
    public string[] Documents() => [.. File.ReadAllText(DataPath()).Split('\n')
        .Select(line => line.Trim(whitespace.ToCharArray())).Where(line => line.Length > 0)];

    /// <summary>The run's own text file, found by its hash; skips the test where it is not at hand.</summary>
    public string DataPath()
    {
        string[] folders = [Path.Join(Repository.Root, "data"), Repository.Shared];
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

    /// <summary>A number in C99's hexadecimal form: 0x1.8p+1 is 1.5 · 2.</summary>
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

    static string Camel(string snake)
    {
        var words = snake.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
