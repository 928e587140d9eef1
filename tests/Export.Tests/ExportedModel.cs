using System.Text.Json;

namespace MicroGpt.Export.Tests;

/// <summary>A trained model, its exported files, and what they are asked to draw.</summary>
sealed class ExportedModel
{
    ExportedModel(string name, Gpt gpt, ExportNumbers numbers)
    {
        (Name, Gpt) = (name, gpt);
        (CSharp, JavaScript) = (gpt.Export(name + ".cs", numbers), gpt.Export(name + ".js", numbers));
        var word = gpt.Generate(3).First(document => document.Length > 0);
        var prompt = gpt.Config.BlockSize == 1 ? "" : char.IsSurrogate(word[0]) ? word[..2] : word[..1];
        Draws =
        [
            new(1000, "1", "", 0.5, 0),
            new(1000, "-9223372036854775808", prompt, 0.9, 0),
            new(100, "4294967296", "", 1, gpt.Config.BlockSize),
            new(100, "9007199254740993", prompt, 2, gpt.Config.BlockSize / 2),
        ];
        Tokens = [.. gpt.Tokenizer.Encode(gpt.Generate(5).First())[..^1].Take(gpt.Config.BlockSize)];
    }

    public sealed record Draw(int Count, string Seed, string Prompt, double Temperature, int MinLength)
    {
        public string[] By(Gpt gpt) => [.. gpt.Generate(long.Parse(Seed),
            new() { Prompt = Prompt, Temperature = Temperature, MinLength = MinLength }).Take(Count)];

        public object Request =>
            new { count = Count, seed = Seed, prompt = Prompt, temperature = Temperature, minLength = MinLength };
    }

    public string Name { get; }

    public Gpt Gpt { get; }

    public ModelSource CSharp { get; }

    public ModelSource JavaScript { get; }

    public IReadOnlyList<Draw> Draws { get; }

    /// <summary>BOS and the characters of a document, for comparing logits.</summary>
    public int[] Tokens { get; }

    /// <summary>Models of several shapes and alphabets, in all three formats.</summary>
    public static IReadOnlyList<ExportedModel> All { get; } = Make();

    /// <summary>What the programs are told, as JSON.</summary>
    public static string Requests => JsonSerializer.Serialize(All.Select(model => new
    {
        name = model.Name,
        file = model.Name + ".js",
        draws = model.Draws.Select(draw => draw.Request),
        tokens = model.Tokens,
    }));

    static List<ExportedModel> Make()
    {
        var names = Corpus.Load(Path.Join(Repository.Root, "data", "names.txt"));
        var gpt = Gpt.Train(names, new() { Steps = 1000 });
        var large = new TrainingOptions
        {
            Steps = 100,
            NLayer = 2,
            NEmbd = 44,
            NHead = 4,
            BatchSize = 4,
            Precision = Precision.Float32,
        };
        string[] odd =
        [
            "\"quoted\" \\ back\\slash", "two\nlines\r\n", "\0\u0007\u001b[31m", "`${x}` */ // <!-- </script>", "@class@",
            "z\u0308a\u0308hlt", "Grüße, Ångström", "\u2028\u2029\u200b\ufeff", "\u202eabc", "名前", "😀👩‍🚀𝒳", "שלום",
        ];
        var deep = new TrainingOptions { Steps = 300, NLayer = 3, NEmbd = 6, NHead = 3, BlockSize = 9 };
        var wide = new TrainingOptions { Steps = 50, NEmbd = 33, NHead = 1, BlockSize = 4 };
        var tiny = new TrainingOptions { Steps = 9, NEmbd = 1, NHead = 1, BlockSize = 1 };
        return
        [
            new("Names", gpt, ExportNumbers.Int8),
            new("NamesF16", gpt, ExportNumbers.Float16),
            new("NamesF32", gpt, ExportNumbers.Float32),
            new("Large", Gpt.Train(names, large), ExportNumbers.Int8),
            new("LargeF32", Gpt.Train(names, large with { NLayer = 1, NHead = 11 }), ExportNumbers.Float32),
            new("Odd", Gpt.Train(new(odd), deep), ExportNumbers.Int8),
            new("OddF16", Gpt.Train(new(odd), deep with { NLayer = 1, BlockSize = 33 }), ExportNumbers.Float16),
            new("Tiny", Gpt.Train(new(["a", "aa"]), tiny), ExportNumbers.Int8),
            new("_wide", Gpt.Train(names, wide), ExportNumbers.Float16),
        ];
    }
}
