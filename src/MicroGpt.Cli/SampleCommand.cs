using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>microgpt sample: new documents from a model.</summary>
sealed class SampleCommand : Verb
{
    const int MaxBlankInARow = 10_000; // then the model has nothing else to say

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
        notIn = FileOption("--not-in", "no documents that are in this file");
        asJson = Add(new Flag("--json", "a JSON object for each"));
    }

    public static RealOption TemperatureOption(string hint = ", and at 0.001 is as good as 0") => new(
        "--temperature", "near 0 plays safe, 1 trusts the model", t => t is >= 0.001 and <= 1000,
        "must be from 0.001 to 1000" + hint, 0.5);

    protected override int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(model);
        var gpt = Load(path);
        var list = parsed.GetValue(notIn);
        var options = new SamplingOptions
        {
            Prompt = parsed.GetValue(prompt) ?? "",
            Temperature = temperature.Of(parsed),
            TopK = (int?)topK.Given(parsed),
            TopP = topP.Given(parsed),
            MinLength = (int?)minLength.Given(parsed) ?? 0,
            MaxLength = (int?)maxLength.Given(parsed),
            Exclude = list == null ? null : Known(gpt, list),
        };
        Require(gpt, options);
        var random = seed.Given(parsed) ?? Random.Shared.NextInt64(); // else the model would go on as its training ended
        var isFirst = true;
        foreach (var document in Visible(Draw(gpt, options, random, path!)).Take((int)count.Of(parsed)))
        {
            if (asJson.Of(parsed))
            {
                var text = JsonEncodedText.Encode(document, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
                Console.Out.WriteLine($$"""{"text":"{{text}}"}""");
                continue;
            }
            if (!isFirst && Separator(gpt.Provenance.Reading.Unit) is string separator)
            {
                Console.Out.WriteLine(separator);
            }
            isFirst = false;
            Console.Out.WriteLine(StandardOutput.Safe(document));
        }
        return 0;
    }

    // What stands between documents that may have several lines.
    static string? Separator(DocumentUnit unit) => unit switch
    {
        DocumentUnit.Paragraph => "",
        DocumentUnit.Chunk => "---",
        _ => null,
    };

    // Documents of which something is seen.
    static IEnumerable<string> Visible(IEnumerable<string> drawn)
    {
        var blank = 0;
        foreach (var document in drawn)
        {
            if (!string.IsNullOrWhiteSpace(document))
            {
                blank = 0;
                yield return document;
            }
            else if (++blank == MaxBlankInARow)
            {
                throw new InvalidDataException($"{blank:N0} documents in a row were blank; "
                    + "--min-length, a --prompt or a higher --temperature may help");
            }
        }
    }

    static Corpus Known(Gpt gpt, string list)
    {
        var corpus = InputFile.ReadTextFor(gpt, list);
        if (InputFile.Oddity(corpus, InputFile.NameOf(list)) is string oddity)
        {
            Complaint.Note(oddity);
        }
        return corpus;
    }

    static IEnumerable<string> Draw(Gpt gpt, SamplingOptions options, long random, string path)
    {
        using var drawn = gpt.Generate(random, options).GetEnumerator();
        while (true)
        {
            try
            {
                drawn.MoveNext(); // it never ends
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidDataException(options.Exclude != null && CanDraw(gpt, options)
                    ? "--not-in: 10,000 documents in a row were in that file; "
                        + "a higher --temperature, or another --prompt, may lead elsewhere"
                    : $"{path}: {e.Message}");
            }
            yield return drawn.Current;
        }
    }

    // If nothing is excluded, that is; a model whose probabilities are not numbers can't.
    static bool CanDraw(Gpt gpt, SamplingOptions options)
    {
        try
        {
            return gpt.Generate(0, options with { Exclude = null }).Any();
        }
        catch (InvalidOperationException)
        {
            return false;
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
        var length = LengthOf(gpt, options.Prompt);
        if (length >= (max ?? block))
        {
            throw new UsageException($"--prompt {options.Prompt}: has {Say.Count(length, "character")}, "
                + $"which leaves none to draw up to {limit}");
        }
    }

    static int LengthOf(Gpt gpt, string prompt)
    {
        try
        {
            return gpt.Tokenizer.Encode(prompt).Length - 2; // BOS stands on both sides
        }
        catch (UnknownCharacterException e)
        {
            throw new UsageException($"--prompt: {Say.Unknown(gpt, e)}");
        }
    }
}
