using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>microgpt sample: draws new documents from a model.</summary>
sealed class SampleCommand : Verb
{
    const int MaxBlankInARow = 10_000; // then give up

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
        count = Add(Count("-n", "number of documents", 20));
        prompt = Add(TextOption("--prompt", "TEXT", "text that each begins with"));
        temperature = Add(TemperatureOption("; --top-k 1 always draws the most likely character"));
        topK = Add(Count("--top-k", "draw only from the N most likely characters"));
        topP = Add(new RealOption("--top-p", "draw only from the most likely X of the probability",
            p => p is > 0 and <= 1, "must be above 0 and at most 1"));
        minLength = Add(Count("--min-length", "minimum number of characters", min: 0));
        maxLength = Add(Count("--max-length", "maximum number of characters"));
        seed = Add(SeedOption("same seed, same documents"));
        notIn = FileOption("--not-in", "leave out documents that are in this file");
        asJson = Add(new Flag("--json", "print a JSON object for each document"));
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
        var random = seed.Given(parsed) ?? Random.Shared.NextInt64(); // else a resumable model repeats itself
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

    // Separates documents that may have several lines.
    static string? Separator(DocumentUnit unit) => unit switch
    {
        DocumentUnit.Paragraph => "",
        DocumentUnit.Chunk => "---",
        _ => null,
    };

    // Documents that are not blank.
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
        if (InputFile.ByteOrderMark(corpus, InputFile.NameOf(list)) is string note)
        {
            Complaint.Note(note);
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
                drawn.MoveNext(); // it never runs out
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidDataException(options.Exclude != null && CanDraw(gpt, options)
                    ? "--not-in: 10,000 documents in a row were in that file; "
                        + "a higher --temperature or another --prompt may help"
                    : $"{path}: {e.Message}");
            }
            yield return drawn.Current;
        }
    }

    // Whether the model can draw at all; it can't if its probabilities are not numbers.
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

    // The library checks this too, but does not know the names of the command's options.
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
            throw new UsageException($"--prompt {options.Prompt}: has {Wording.Count(length, "character")}, "
                + $"which leaves none to draw: the limit is {limit}");
        }
    }

    static int LengthOf(Gpt gpt, string prompt)
    {
        try
        {
            return gpt.Tokenizer.Encode(prompt).Length - 2; // without BOS on both sides
        }
        catch (UnknownCharacterException e)
        {
            throw new UsageException($"--prompt: {Wording.Unknown(gpt, e)}");
        }
    }
}
