using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MicroGpt;

/// <summary>A model as one source file, C# or JavaScript, which draws documents and needs nothing else.</summary>
/// <remarks>
/// The file draws what <see cref="Rounded"/> draws: the parameters are the same numbers, the arithmetic is float64's. It
/// computes exp itself, so that nothing depends on its platform's mathematics; a probability may therefore differ from
/// the library's by some 10⁻¹⁶, and a drawn document less than once in 10¹².
/// </remarks>
public sealed partial class ModelSource
{
    // The C# compiler keeps all strings of a program in 16 MB, two bytes for each of the 4/3 characters of a byte.
    const int MaxBytes = 4_000_000;
    const int Columns = 120; // of base64
    const int Shown = 5, Seed = 42; // documents in the file's first lines
    const int MaxDrawn = 10_000; // characters to compare the losses on
    const string Mark = ": a small GPT that draws documents like those it was trained on."; // in the first line

    internal ModelSource(Gpt gpt, string fileName, ExportNumbers numbers)
    {
        var (stem, extension) = (Path.GetFileNameWithoutExtension(fileName), Path.GetExtension(fileName));
        var isCSharp = extension switch
        {
            ".cs" => true,
            ".js" or ".mjs" => false,
            _ => throw new ArgumentException("the name must end in .cs, .js or .mjs"),
        };
        var rounded = new Parameters(gpt.Config);
        gpt.Parameters.Values.CopyTo(rounded.Values, 0);
        var format = NumberFormat.For(numbers, rounded.Values);
        var code = Template(isCSharp ? "CSharp.template" : "JavaScript.template")
            .Replace("@numbers@", isCSharp ? format.CSharp : format.JavaScript, StringComparison.Ordinal);
        var name = isCSharp ? ClassName(stem, code) : "";
        RequireSize(gpt.Config, format);
        var weights = Convert.ToBase64String(format.Pack(rounded.Values));
        Rounded = new(gpt.Tokenizer, rounded, gpt.Provenance, random: null);
        var drawn = Drawn(gpt);
        (LossBefore, Loss) = (gpt.Evaluate(drawn).Loss, Rounded.Evaluate(drawn).Loss);
        var shown = ShownBy(Rounded);
        var values = new Dictionary<string, string>
        {
            ["file"] = Legible(Path.GetFileName(fileName)),
            ["class"] = name,
            ["count"] = Digits(Math.Max(1, shown.Count)),
            ["seed"] = Digits(Seed),
            ["shown"] = shown.Count == 0 ? "" : $"//     // {string.Join(", ", shown)}\n",
            ["facts"] = string.Join('\n', Facts(format).Select(fact => "// " + Legible(fact))),
            ["nLayer"] = Digits(gpt.Config.NLayer),
            ["nEmbd"] = Digits(gpt.Config.NEmbd),
            ["blockSize"] = Digits(gpt.Config.BlockSize),
            ["nHead"] = Digits(gpt.Config.NHead),
            ["bos"] = Digits(gpt.Tokenizer.Bos),
            ["characters"] = Literal(gpt.Tokenizer.Characters),
            ["weights"] = string.Join('\n', weights.Chunk(Columns).Select(line => new string(line))),
        };
        Text = Placeholder().Replace(code, match => values[match.Groups[1].Value]);
    }

    /// <summary>The content of the file.</summary>
    public string Text { get; }

    /// <summary>The model with the parameters as the file stores them.</summary>
    public Gpt Rounded { get; }

    /// <summary>The loss of <see cref="Rounded"/> on documents that the model itself draws at temperature 1.</summary>
    public double Loss { get; }

    /// <summary>The loss of the model on the same documents, before its parameters were rounded.</summary>
    public double LossBefore { get; }

    /// <summary>Saves the file, replacing an earlier export atomically, and nothing else.</summary>
    /// <param name="path">The file, or a symbolic link to it. It is first written to <c>path.saving</c>.</param>
    /// <exception cref="IOException">It can't be written, or there is a file that no export wrote.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void Save(string path)
    {
        VerifyCanSave(path);
        DurableFile.Write(path, IsOurs, stream => stream.Write(Encoding.UTF8.GetBytes(Text)));
    }

    /// <summary>Throws what <see cref="Save"/> would throw if it could not write.</summary>
    /// <param name="path">As for <see cref="Save"/>; the file is not changed.</param>
    /// <exception cref="IOException">It can't be written, or there is a file that no export wrote.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void VerifyCanSave(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DurableFile.Verify(path, IsOurs);
        if (File.Exists(path))
        {
            using var file = File.OpenRead(path);
            if (file.Length > 0 && !IsOurs(file))
            {
                throw new IOException($"{path}: is not an exported model; give another name, or delete it");
            }
        }
    }

    static bool IsOurs(Stream stream)
    {
        var start = new byte[1 << 9];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(start, 0, length).Split('\n')[0].Contains(Mark, StringComparison.Ordinal);
    }

    // A class may be called whatever its own code does not use. The first letter becomes a capital, as is usual in C#, so
    // that no keyword is left.
    static string ClassName(string stem, string code)
    {
        if (!Identifier().IsMatch(stem))
        {
            throw new ArgumentException($"the class would be called {stem}, which is no name in C#");
        }
        var name = char.ToUpperInvariant(stem[0]) + stem[1..];
        return Word().Matches(Comment().Replace(code, "")).Any(word => word.Value == name)
            ? throw new ArgumentException($"the class would be called {name}, a name that it uses itself")
            : name;
    }

    static void RequireSize(GptConfig config, NumberFormat format)
    {
        if (format.SizeOf(config.ParameterCount) > MaxBytes)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"{config.ParameterCount:N0} parameters of {format.Description} take more than {MaxBytes:N0} bytes, ")
                + "the most for a source file");
        }
    }

    // Documents to compare losses on: the model's own, as no other text is at hand. A large model draws fewer.
    static List<string> Drawn(Gpt gpt)
    {
        var most = (int)Math.Clamp(4e9 / gpt.Config.ParameterCount, 1_000, MaxDrawn);
        var (drawn, characters) = (new List<string>(), 0);
        foreach (var document in gpt.Generate(Seed, new() { Temperature = 1 }))
        {
            drawn.Add(document);
            characters += document.Length + 1;
            if (characters >= most)
            {
                break;
            }
        }
        return drawn;
    }

    // As many documents as fit on a line.
    static List<string> ShownBy(Gpt rounded)
    {
        var (shown, length) = (new List<string>(), 0);
        foreach (var document in rounded.Generate(Seed).Take(Shown).Select(Literal))
        {
            length += document.Length + 2;
            if (length > Columns - 20)
            {
                break;
            }
            shown.Add(document);
        }
        return shown;
    }

    IEnumerable<string> Facts(NumberFormat format)
    {
        var (config, provenance) = (Rounded.Config, Rounded.Provenance);
        var options = provenance.Options;
        var special = TrainingOption.All
            .Where(option => option.Name is not (nameof(options.NLayer) or nameof(options.NEmbd) or nameof(options.NHead)
                or nameof(options.BlockSize) or nameof(options.Steps)) && option.Of(options) != option.Standard)
            .Select(option => $", {option.Flag.TrimStart('-')} {option.Of(options)}");
        yield return string.Create(CultureInfo.InvariantCulture, $"model    {config.ParameterCount:N0} parameters: ")
            + $"{Count(config.NLayer, "layer")} of {config.NEmbd}, {Count(config.NHead, "head")}, "
            + $"context {config.BlockSize}";
        yield return string.Create(CultureInfo.InvariantCulture, $"trained  {provenance.Steps:N0} steps")
            + string.Concat(special);
        yield return $"data     sha256 {provenance.CorpusSha256}";
        yield return $"numbers  {format.Description}";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"loss     {Loss:F4}; {LossBefore:F4} before rounding (on documents that the model drew itself)");
        yield return $"made by  microgpt {Provenance.ThisLibrary}; the code is under the MIT license";
    }

    /// <summary>A string as C# and JavaScript both write it. Beyond ASCII, only letters stay as they are.</summary>
    static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var character in text.EnumerateRunes())
        {
            if (character.Value is '"' or '\\')
            {
                literal.Append('\\').Append(character);
            }
            else if (character.Value is >= ' ' and <= '~' || (character.Value > 0x7F && Rune.IsLetter(character)))
            {
                literal.Append(character);
            }
            else
            {
                foreach (var unit in character.ToString())
                {
                    literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
                }
            }
        }
        return literal.Append('"').ToString();
    }

    // Text in a comment must not end it: it may come from a file that somebody made.
    static string Legible(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '?'));

    static string Count(int n, string thing) => $"{Digits(n)} {thing}{(n == 1 ? "" : "s")}";

    static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);

    static string Template(string name)
    {
        using var reader = new StreamReader(typeof(ModelSource).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("@([a-zA-Z]+)@")]
    private static partial Regex Placeholder();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{Nd}_]*\z")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"[\p{L}_][\p{L}\p{Nd}_]*")]
    private static partial Regex Word();
}
