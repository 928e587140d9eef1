using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>microgpt sample: new documents from a model.</summary>
sealed class SampleCommand : Verb
{
    const int MaxKnownInARow = 10_000; // then the model has nothing else to say

    readonly Argument<string?> model;
    readonly WholeOption count, topK, minLength, maxLength, seed;
    readonly RealOption temperature, topP;
    readonly Option<string?> prompt, notIn;
    readonly Flag asJson;

    public SampleCommand() : base(
        "sample", "Draws new documents from a model.", "MODEL [options]",
        "microgpt sample towns.safetensors -n 5 --prompt San",
        "microgpt sample towns.safetensors --not-in towns.txt --seed 7 --json")
    {
        model = ModelArgument(this);
        count = Add(Count("-n", "how many documents", 20));
        prompt = Add(TextOption("--prompt", "TEXT", "what each begins with"));
        temperature = Add(TemperatureOption("; --top-k 1 always draws the likeliest character"));
        topK = Add(Count("--top-k", "draw from the N likeliest characters only"));
        topP = Add(new RealOption("--top-p", "draw from the likeliest that have X of the probability",
            p => p is > 0 and <= 1, "must be above 0, at most 1"));
        minLength = Add(Count("--min-length", "characters at least", min: 0));
        maxLength = Add(Count("--max-length", "characters at most"));
        seed = Add(SeedOption("same seed, same documents"));
        notIn = FileOption("--not-in", "no documents that are a line of this file");
        asJson = Add(new Flag("--json", "a JSON object for each"));
    }

    public static RealOption TemperatureOption(string hint = ", and at 0.001 is as good as 0") => new(
        "--temperature", "near 0 plays safe, 1 trusts the model", t => t is >= 0.001 and <= 1000,
        "must be from 0.001 to 1000" + hint, 0.5);

    protected override int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(model);
        var gpt = Load(path);
        var options = new SamplingOptions
        {
            Prompt = parsed.GetValue(prompt) ?? "",
            Temperature = temperature.Of(parsed),
            TopK = (int?)topK.Given(parsed),
            TopP = topP.Given(parsed),
            MinLength = (int?)minLength.Given(parsed) ?? 0,
            MaxLength = (int?)maxLength.Given(parsed),
        };
        Require(gpt, options);
        var known = parsed.GetValue(notIn) is string list ? Known(list, gpt.Config.BlockSize) : [];
        var random = seed.Given(parsed) ?? Random.Shared.NextInt64(); // else the model would go on as its training ended
        foreach (var document in New(gpt.Generate(random, options), known).Take((int)count.Of(parsed)))
        {
            Console.Out.WriteLine(asJson.Of(parsed)
                ? $$"""{"text":"{{JsonEncodedText.Encode(document, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}}"}"""
                : StandardOutput.Safe(document));
        }
        return 0;
    }

    // The documents of a list, as far as the model sees them: a longer one it can only draw cut.
    static HashSet<string> Known(string list, int block)
    {
        var corpus = InputFile.ReadText(list);
        if (InputFile.Oddity(corpus, list) is string oddity)
        {
            Console.Error.WriteLine($"note: {oddity}");
        }
        return [.. corpus.Select(document => document.Length <= block
            ? document : string.Concat(document.EnumerateRunes().Take(block)))];
    }

    static IEnumerable<string> New(IEnumerable<string> drawn, HashSet<string> known)
    {
        var inARow = 0;
        foreach (var document in drawn)
        {
            if (!known.Contains(document))
            {
                inARow = 0;
                yield return document;
            }
            else if (++inARow == MaxKnownInARow)
            {
                throw new InvalidDataException($"--not-in: {inARow:N0} documents in a row were lines of that file; "
                    + "a higher --temperature, or another --prompt, may lead elsewhere");
            }
        }
    }

    // What the library would refuse as well, but without the names that the options have here.
    static void Require(Gpt gpt, SamplingOptions options)
    {
        var (block, min, max) = (gpt.Config.BlockSize, options.MinLength, options.MaxLength);
        var limit = max is int given ? $"--max-length, {given}" : $"the model's block size, {block}";
        if (max > block)
        {
            throw new UsageException($"--max-length {max}: is more than the model's block size, {block}");
        }
        if (min > (max ?? block))
        {
            throw new UsageException($"--min-length {min}: is more than {limit}");
        }
        var length = Encode(gpt, options.Prompt, "--prompt") - 2;
        if (length >= (max ?? block))
        {
            throw new UsageException($"--prompt {options.Prompt}: has {Say.Count(length, "character")}, "
                + $"which leaves none to draw up to {limit}");
        }
    }

    /// <summary>How many tokens the text is.</summary>
    /// <exception cref="UsageException">It has a character that the model does not know.</exception>
    public static int Encode(Gpt gpt, string text, string option)
    {
        try
        {
            return gpt.Tokenizer.Encode(text).Length;
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{option}: {Say.Unknown(gpt, text)}");
        }
    }
}
