using System.Text;
using System.Text.Json;

namespace MicroGpt.Cli;

/// <summary>
/// What a fit knows so far: its trials, then the plan that won, each a line of JSON in a file beside the model. So a fit
/// that was interrupted or killed continues. The file goes when the model is finished.
/// </summary>
sealed class FitJournal
{
    const string Data = "corpus_sha256", OfTrial = "trial", OfPlan = "plan";
    const string Tenths = "tenths", Loss = "loss", Seconds = "seconds", StepSeconds = "seconds_per_step";

    readonly List<Trial> trials = [];
    long end; // of the last whole line: a crash may have torn the next

    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a fit's.</exception>
    public FitJournal(string path)
    {
        Path = path;
        if (!File.Exists(path))
        {
            return;
        }
        var text = Encoding.UTF8.GetString(Try(() => File.ReadAllBytes(path)));
        foreach (var (i, line) in text.Split('\n')[..^1].Index())
        {
            try
            {
                Read(line);
            }
            catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException
                or KeyNotFoundException or FormatException or OverflowException)
            {
                throw new InvalidDataException(
                    $"--fit: {path}: line {i + 1} is not a line of a fit; delete the file, or give another --out");
            }
            end += Encoding.UTF8.GetByteCount(line) + 1;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The hash of the documents; null if the file has nothing yet.</summary>
    public string? CorpusSha256 { get; private set; }

    /// <summary>The trials so far.</summary>
    public IReadOnlyList<Trial> Trials => trials;

    /// <summary>The plan, once it is made.</summary>
    public TrainingOptions? Plan { get; private set; }

    /// <summary>The file of a model's fit: model.fit.jsonl beside model.safetensors.</summary>
    public static string Beside(string model) => System.IO.Path.ChangeExtension(model, ".fit.jsonl");

    /// <summary>Begins a fit anew.</summary>
    public void Begin(Corpus corpus)
    {
        trials.Clear();
        (end, CorpusSha256, Plan) = (0, corpus.Sha256, null);
        Append(json => json.WriteString(Data, corpus.Sha256));
    }

    public void Add(Trial trial)
    {
        trials.Add(trial);
        Append(json =>
        {
            Write(json, OfTrial, trial.Options);
            json.WriteNumber(Tenths, trial.Tenths);
            if (double.IsFinite(trial.Loss))
            {
                json.WriteNumber(Loss, trial.Loss);
            }
            json.WriteNumber(Seconds, trial.Duration.TotalSeconds);
            json.WriteNumber(StepSeconds, trial.StepDuration.TotalSeconds);
        });
    }

    public void Decide(TrainingOptions plan)
    {
        Plan = plan;
        Append(json => Write(json, OfPlan, plan));
    }

    public void Delete() => Try(() =>
    {
        File.Delete(Path);
        return true;
    });

    // Only what differs from the defaults.
    static void Write(Utf8JsonWriter json, string name, TrainingOptions options)
    {
        json.WriteStartObject(name);
        foreach (var option in TrainingOption.All.Where(option => option.Of(options) != option.Standard))
        {
            json.WriteString(option.Key, option.Of(options));
        }
        json.WriteEndObject();
    }

    static TrainingOptions Options(JsonElement json)
    {
        var options = new TrainingOptions();
        foreach (var property in json.EnumerateObject())
        {
            options = TrainingOption.All.First(option => option.Key == property.Name)
                .With(options, property.Value.GetString()!);
        }
        return TrainingOption.Contradiction(options, option => option.Key) is string contradiction
            ? throw new FormatException(contradiction) : options;
    }

    void Read(string line)
    {
        using var document = JsonDocument.Parse(line);
        var json = document.RootElement;
        if (json.TryGetProperty(OfTrial, out var options))
        {
            trials.Add(new(Options(options), json.GetProperty(Tenths).GetInt32(),
                json.TryGetProperty(Loss, out var loss) ? loss.GetDouble() : double.PositiveInfinity,
                TimeSpan.FromSeconds(json.GetProperty(Seconds).GetDouble()),
                TimeSpan.FromSeconds(json.GetProperty(StepSeconds).GetDouble())));
        }
        else if (json.TryGetProperty(OfPlan, out var plan))
        {
            Plan = Options(plan);
        }
        else
        {
            CorpusSha256 = json.GetProperty(Data).GetString();
        }
    }

    void Append(Action<Utf8JsonWriter> write) => Try(() =>
    {
        using var file = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write);
        file.SetLength(end);
        file.Seek(0, SeekOrigin.End);
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        file.WriteByte((byte)'\n');
        file.Flush(flushToDisk: true);
        return end = file.Length;
    });

    T Try<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--fit: {Path}: {InputFile.Why(e)}");
        }
    }
}
