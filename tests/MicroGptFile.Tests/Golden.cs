using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace MicroGptFile.Tests;

/// <summary>What the original Python computed: every loss, digests of the numbers, what it printed.</summary>
sealed class Golden
{
    public required string Name { get; init; }
    public required JsonElement Figures { get; init; }

    public byte[] Stdout => File.ReadAllBytes(Path.Join(Repository.Golden, Name + ".stdout"));
    public double[] Losses =>
        [.. Figures.GetProperty("losses_hex").EnumerateArray().Select(hex => Hex(hex.GetString()!))];
    public string this[string figure] => Figures.GetProperty(figure).GetString()!;

    public static Golden Load(string name) => new()
    {
        Name = name,
        Figures = JsonDocument.Parse(File.ReadAllBytes(Path.Join(Repository.Golden, name + ".json"))).RootElement,
    };

    /// <summary>The constants of microgpt.cs that this run was made with.</summary>
    public (string Name, string Value)[] Constants
    {
        get
        {
            var config = Figures.GetProperty("config");
            return [.. config.EnumerateObject().Select(setting => (Camel(setting.Name), setting.Value.GetRawText()))];
        }
    }

    /// <summary>The digest of the numbers as Python took it: SHA-256 over little-endian float64.</summary>
    public static string Digest(IEnumerable<double> numbers)
    {
        byte[] bytes = [.. numbers.SelectMany(BitConverter.GetBytes)];
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>A C99 hexadecimal double: 0x1.8p+1 is 3.</summary>
    public static double Hex(string text)
    {
        var sign = text.StartsWith('-') ? -1 : 1;
        var parts = text.TrimStart('-').Replace("0x", "").Split('p');
        var digits = parts[0].Replace(".", "");
        var fraction = 4 * (digits.Length - 1);
        var mantissa = (double)ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return sign * Math.ScaleB(mantissa, int.Parse(parts[1], CultureInfo.InvariantCulture) - fraction);
    }

    static string Camel(string snake)
    {
        var words = snake.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }
}

/// <summary>Where things are: the clone, and the data sets that are too large or not ours to commit.</summary>
static class Repository
{
    public static readonly string Root = Find();
    public static readonly string Golden = Path.Join(Root, "tests", "golden");
    public static readonly string ShippedNames = Path.Join(Root, "data", "names.txt");

    /// <summary>A data set of the folder shared/data beside the clone; the test is skipped where there is none.</summary>
    public static string SharedData(string file)
    {
        var path = Path.GetFullPath(Path.Join(Root, "..", "shared", "data", file));
        Assert.SkipUnless(File.Exists(path), $"the data set {file} is not on this machine ({path})");
        return path;
    }

    static string Find([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Join(Path.GetDirectoryName(source), "..", ".."));
}
