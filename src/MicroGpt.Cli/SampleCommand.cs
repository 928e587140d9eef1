using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>microgpt sample: new documents from a model.</summary>
sealed class SampleCommand : Verb
{
    static readonly JsonSerializerOptions json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Argument<string?> model;
    readonly NumberOption<int> count, topK, minLength, maxLength;
    readonly NumberOption<double> temperature, topP;
    readonly NumberOption<long> seed;
    readonly Option<string?> prompt, notIn;
    readonly Option<bool> asJson;

    public SampleCommand() : base(
        "sample", "Draws new documents from a model.", "MODEL [options]",
        "microgpt sample towns.safetensors -n 5 --prompt San",
        "microgpt sample towns.safetensors --not-in towns.txt --seed 7 --json")
    {
        model = ModelArgument(this);
        count = Add(new NumberOption<int>("-n", "how many documents", n => n >= 1, "must be 1 or more", 20));
        prompt = Add(TextOption("--prompt", "TEXT", "what each begins with"));
        temperature = Add(TemperatureOption());
        topK = Add(new NumberOption<int>(
            "--top-k", "draw from the N likeliest characters only", k => k >= 1, "must be 1 or more"));
        topP = Add(new NumberOption<double>("--top-p", "draw from the likeliest that have X of the probability",
            p => p is > 0 and <= 1, "must be above 0, at most 1"));
        minLength = Add(new NumberOption<int>("--min-length", "characters at least", n => n >= 0, "must be 0 or more"));
        maxLength = Add(new NumberOption<int>("--max-length", "characters at most", n => n >= 1, "must be 1 or more"));
        seed = Add(new NumberOption<long>("--seed", "same seed, same documents", _ => true, "from -2^63 to 2^63 - 1"));
        notIn = FileOption("--not-in", "no documents that are a line of this file");
        asJson = Flag("--json", "a JSON object for each");
    }

    public static NumberOption<double> TemperatureOption() => new(
        "--temperature", "near 0 plays safe, 1 trusts the model", t => t is >= 0.001 and <= 1000,
        "must be from 0.001 to 1000", 0.5);

    protected override int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(model);
        var gpt = Load(path);
        var options = new SamplingOptions
        {
            Prompt = parsed.GetValue(prompt) ?? "",
            Temperature = temperature.Of(parsed),
            TopK = topK.Given(parsed),
            TopP = topP.Given(parsed),
            MinLength = minLength.Given(parsed) ?? 0,
            MaxLength = maxLength.Given(parsed),
            Exclude = parsed.GetValue(notIn) is string file ? Corpus.Load(file) : null,
        };
        Require(gpt, options);
        var random = seed.Given(parsed) ?? Random.Shared.NextInt64(); // else the model would go on as its training ended
        foreach (var document in gpt.Generate(random, options).Take(count.Of(parsed)))
        {
            Console.Out.WriteLine(parsed.GetValue(asJson)
                ? $$"""{"text":{{JsonSerializer.Serialize(document, json)}}}"""
                : StandardOutput.Safe(document));
        }
        return 0;
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
            throw new UsageException($"--prompt {options.Prompt}: has {TrainCommand.Count(length, "character")}, "
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
        catch (ArgumentException e)
        {
            throw new UsageException($"{option}: {e.Message}");
        }
    }
}
