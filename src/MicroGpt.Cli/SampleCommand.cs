using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>microgpt sample: draws new documents from a model.</summary>
sealed class SampleCommand : Verb
{
    const int MaxBlankInARow = 10_000; // then give up
    const int RunningLength = 500;     // characters of running text, which has no end

    readonly Argument<string?> model;
    readonly WholeOption count, topK, minLength, maxLength, seed;
    readonly RealOption temperature, topP;
    readonly Option<string?> prompt, notIn;
    readonly Flag distinct, whole, asJson;

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
        maxLength = Add(Count("--max-length", "maximum number of characters (the block; chunks: 500)"));
        seed = Add(SeedOption("same seed, same documents"));
        notIn = FileOption("--not-in", "leave out documents that are in this file");
        distinct = Add(new Flag("--distinct", "draw no document twice"));
        whole = Add(new Flag("--whole", "leave out documents that are cut at the maximum length"));
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
            MaxLength = (int?)maxLength.Given(parsed) ?? Standard(gpt),
            Exclude = list == null ? null : Known(gpt, list),
            Distinct = distinct.Of(parsed),
            Whole = whole.Of(parsed),
        };
        Require(gpt, options, isGiven: maxLength.Given(parsed) != null);
        var random = seed.Given(parsed) ?? Random.Shared.NextInt64(); // else a resumable model repeats itself
        var isFirst = true;
        foreach (var document in Visible(Draw(gpt, options, random, path!)).Take((int)count.Of(parsed)))
        {
            if (asJson.Of(parsed))
            {
                var text = JsonEncodedText.Encode(document, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
                var cut = IsCut(gpt, document, options) ? ",\"cut\":true" : "";
                Console.Out.WriteLine($$"""{"text":"{{text}}"{{cut}}}""");
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

    static bool IsRunning(Gpt gpt) => gpt.Provenance.Reading.Unit == DocumentUnit.Chunk;

    // The maximum length; null: the block size.
    static int? Standard(Gpt gpt) => IsRunning(gpt) ? Math.Max(RunningLength, gpt.Config.BlockSize) : null;

    // Whether the model had not ended the document.
    static bool IsCut(Gpt gpt, string document, SamplingOptions options) =>
        !IsRunning(gpt) && document.EnumerateRunes().Count() == (options.MaxLength ?? gpt.Config.BlockSize);

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
                throw new InvalidDataException(CanDraw(gpt, options) && LeavesOut(options) is string what
                    ? $"{what}; a higher --temperature or another --prompt may help" : $"{path}: {e.Message}");
            }
            yield return drawn.Current;
        }
    }

    // What was wrong with 10,000 documents in a row.
    static string? LeavesOut(SamplingOptions options)
    {
        var reasons = new[]
        {
            options.Exclude == null ? null : ("--not-in", "in that file"),
            options.Distinct ? ("--distinct", "drawn before") : ((string Option, string Why)?)null,
            options.Whole ? ("--whole", "cut") : null,
        }.OfType<(string Option, string Why)>().ToArray();
        return reasons.Length == 0 ? null : string.Join(", ", reasons.Select(reason => reason.Option))
            + ": 10,000 documents in a row were " + string.Join(" or ", reasons.Select(reason => reason.Why));
    }

    // Whether the model can draw at all; it can't if its probabilities are not numbers.
    static bool CanDraw(Gpt gpt, SamplingOptions options)
    {
        try
        {
            return gpt.Generate(0, options with { Exclude = null, Distinct = false, Whole = false }).Any();
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // The library checks this too, but does not know the names of the command's options.
    static void Require(Gpt gpt, SamplingOptions options, bool isGiven)
    {
        var (min, max) = (options.MinLength, options.MaxLength ?? gpt.Config.BlockSize);
        var limit = isGiven ? $"--max-length, {max}" : IsRunning(gpt) ? $"{max}; --max-length raises it"
            : $"the model's block size, {max}; --max-length raises it";
        if (options.Whole && IsRunning(gpt))
        {
            throw new UsageException("--whole: the model writes running text, which has no end");
        }
        if (min > max)
        {
            throw new UsageException($"--min-length {min}: is more than {limit}");
        }
        var length = LengthOf(gpt, options.Prompt);
        if (length >= max)
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
