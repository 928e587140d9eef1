using System.CommandLine;
using System.Diagnostics;

namespace MicroGpt.Cli;

/// <summary>microgpt train: a text file becomes a model.</summary>
sealed class TrainCommand : Verb
{
    readonly Argument<string?> file;
    readonly Option<string?> output, log;
    readonly WholeOption steps, nLayer, nEmbd, nHead, blockSize, batchSize, seed, samples, threads, warmup, valEvery;
    readonly RealOption learningRate, val, temperature, saveEvery, clip, weightDecay;
    readonly WordOption<DocumentUnit> documents;
    readonly WordOption<Precision> precision;
    readonly WordOption<LearningRateDecay> schedule;
    readonly Flag resume, quiet;

    public TrainCommand() : base(
        "train", "Learns from a text file, one document on each line.",
        "[FILE] [options]   FILE: - is stdin; none: built-in names",
        "microgpt train towns.txt --out towns.safetensors --val 0.1",
        "microgpt train novel.txt --documents chunks --block-size 64 --precision f32")
    {
        file = AddTo(this, new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne });
        output = FileOption("--out", "the model (model.safetensors); an unfinished run stays");
        steps = Add(Count("--steps", "steps of training", 1000));
        nLayer = Add(Count("--n-layer", "depth: layers, one after the other", 1));
        nEmbd = Add(Count("--n-embd", "width: numbers that describe a token", 16));
        nHead = Add(Count("--n-head", "attention heads in a layer; divides n-embd", 4));
        blockSize = Add(Count("--block-size", "context: a longer document is cut there", 16));
        learningRate = Add(new RealOption("--learning-rate", "how far the first step moves",
            rate => rate > 0 && double.IsFinite(rate), "must be above 0 and finite", 0.01));
        batchSize = Add(Count("--batch-size", "documents of one step", 1));
        seed = Add(SeedOption("same seed, same result", 42));
        val = Add(new RealOption("--val", "part of the documents kept for validation",
            part => part is >= 0 and < 1, "must be 0 or more, and below 1", 0));
        samples = Add(Count("--samples", "documents to draw at the end", 20, min: 0));
        temperature = Add(SampleCommand.TemperatureOption());
        log = FileOption("--log", "a file that gets a line of JSON for each step");
        resume = Add(new Flag("--resume", "go on from the last save, if there is one"));
        saveEvery = Add(new RealOption("--save-every", "seconds between saves",
            seconds => seconds > 0, "must be above 0", 60));
        quiet = Add(new Flag("--quiet", "print nothing but the samples"));

        documents = DocumentsOption();
        precision = new("--precision", "f64: Python's bits; f32: faster, on all cores",
            ("f64", Precision.Float64), ("f32", Precision.Float32));
        threads = new("--threads", "of f32; the result is the same (one for each core)",
            1, 1024, "must be from 1 to 1024");
        schedule = new("--schedule", "how the learning rate falls: linear, cosine",
            ("linear", LearningRateDecay.Linear), ("cosine", LearningRateDecay.Cosine));
        warmup = Count("--warmup", "steps over which the learning rate first rises", 0, min: 0);
        clip = AtLeast0("--clip", "a longer gradient is shortened to this; 0: none");
        weightDecay = AtLeast0("--weight-decay", "part of itself a number loses, times the rate");
        valEvery = Count("--val-every", "steps between validations; keeps the best model");
        AddGroup("For running text and larger models:",
            documents, precision, threads, schedule, warmup, clip, weightDecay, valEvery);

        static RealOption AtLeast0(string name, string meaning) => new(name, meaning,
            value => value >= 0 && double.IsFinite(value), "must be 0 or more, and finite", 0);
    }

    protected override int Run(ParseResult parsed)
    {
        var options = new TrainingOptions
        {
            Steps = (int)steps.Of(parsed),
            NLayer = (int)nLayer.Of(parsed),
            NEmbd = (int)nEmbd.Of(parsed),
            NHead = (int)nHead.Of(parsed),
            BlockSize = (int)blockSize.Of(parsed),
            LearningRate = learningRate.Of(parsed),
            BatchSize = (int)batchSize.Of(parsed),
            Seed = seed.Of(parsed),
            Precision = precision.Of(parsed),
            LearningRateDecay = schedule.Of(parsed),
            WarmupSteps = (int)warmup.Of(parsed),
            GradientClip = clip.Of(parsed),
            WeightDecay = weightDecay.Of(parsed),
        };
        if (options.NEmbd % options.NHead != 0)
        {
            throw new UsageException($"--n-head {options.NHead} does not divide --n-embd {options.NEmbd}");
        }
        if (options.WarmupSteps >= options.Steps)
        {
            throw new UsageException($"--warmup {options.WarmupSteps} is not below --steps {options.Steps}");
        }
        if (options.WeightDecay * options.LearningRate >= 1)
        {
            throw new UsageException($"--weight-decay {options.WeightDecay}: times --learning-rate "
                + $"{options.LearningRate} it takes all of a number in a step");
        }
        if (options.Precision == Precision.Float64 && threads.Given(parsed) is > 1 and var many)
        {
            throw new UsageException($"--threads {many}: only --precision f32 works on more than one");
        }
        if (valEvery.Given(parsed) is long every && val.Of(parsed) == 0)
        {
            throw new UsageException($"--val-every {every}: there is nothing to validate on without --val");
        }
        var source = parsed.GetValue(file);
        var sourceName = source switch { null => "the built-in names", "-" => "stdin", _ => source };
        var path = parsed.GetValue(output) ?? "model.safetensors";
        var logPath = parsed.GetValue(log);
        var bestPath = valEvery.Given(parsed) == null ? null : BestModel.PathFor(path);
        RequireDifferent(source, path, logPath, bestPath);
        RequireMemory(options, vocabSize: 2);
        RequireFolder(path);

        var all = Read(source, documents.Of(parsed), options.BlockSize);
        var tokenizer = new Tokenizer(all);
        RequireMemory(options, tokenizer.VocabSize);
        using var hold = new ModelLock(path);
        using var holdBest = bestPath == null ? null : new ModelLock(bestPath);
        var (corpus, validation) = (all, default(Corpus));
        if (val.Of(parsed) is > 0 and var part)
        {
            (corpus, validation) = all.Count > 1
                ? all.Split(part, options.Seed)
                : throw new UsageException($"--val {part}: one document can't be split");
        }
        var goesOn = resume.Of(parsed) && File.Exists(path);
        var replaces = goesOn ? null : EarlierModel.Replaceable(path, options, corpus);
        var replacesBest = bestPath == null ? null : BestModel.Replaceable(bestPath, options, corpus);
        var crew = (int)(threads.Given(parsed) ?? 0);
        var trainer = goesOn
            ? Resume(path, corpus, options, sourceName, crew)
            : Begin(corpus, options, validation == null ? null : tokenizer, crew);
        RequireSpace(path, trainer);
        using var steplog = logPath == null ? null : new StepLog(logPath, trainer.Steps);

        using var interrupt = new Interrupt();
        var run = new TrainingRun(trainer, path, steplog, TimeSpan.FromSeconds(Math.Min(saveEvery.Of(parsed), 1e9)));
        ITrainingReport report = quiet.Of(parsed) ? new QuietReport()
            : StandardOutput.IsTerminal ? new TrainingView(sourceName, all, trainer)
            : new TrainingLines(all, trainer);
        foreach (var sentence in new[] { replaces, replacesBest }.OfType<string>())
        {
            report.Notice(sentence);
        }
        foreach (var sentence in DataNotes.Of(all, tokenizer, options.BlockSize, sourceName))
        {
            report.Notice(sentence);
        }
        var validated = new Validation(
            trainer, validation, steplog?.Earlier ?? [], (int?)valEvery.Given(parsed),
            bestPath == null ? null : some => new BestModel(bestPath, trainer, corpus, some));
        try
        {
            foreach (var step in trainer.Run())
            {
                var loss = validated.At(step.Step);
                run.After(step, loss);
                report.Step(step);
                if (loss is double value)
                {
                    validated.Tell(step.Step, value, report);
                }
                if (interrupt.ExitCode != 0 && step.Step < options.Steps)
                {
                    run.Save();
                    report.Stopped($"stopped after step {step.Step} of {options.Steps}; saved to {path}");
                    if (Console.IsOutputRedirected && !Console.IsErrorRedirected)
                    {
                        Console.Error.WriteLine(); // where a ^C may stand
                    }
                    Console.Error.WriteLine($"to go on: {CommandLine.With("--resume")}");
                    return interrupt.ExitCode;
                }
            }
            run.Save();
            report.Finished(path, validated.Loss(), validated.Best?.Sentence);
            var drawing = new SamplingOptions { Temperature = temperature.Of(parsed) };
            var names = validated.Best?.Model is Gpt best
                ? best.Generate(options.Seed, drawing) : trainer.Snapshot().Generate(options: drawing);
            foreach (var (i, name) in names.Take((int)samples.Of(parsed)).Index())
            {
                report.Sample(i + 1, name);
            }
            Console.Out.Flush();
            return 0;
        }
        catch (TrainingDivergedException e)
        {
            report.Stopped(null);
            throw new InvalidDataException(run.LastSaved is int saved
                ? $"{e.Message}; {path} has the model of step {saved}"
                : $"{e.Message}; {path} is as it was");
        }
        catch (IOException e) when (StandardOutput.IsClosedPipe(e) && trainer.Steps < options.Steps)
        {
            run.Save();
            return 141; // 128 + SIGPIPE, as of any command whose reader is gone before it was done
        }
    }

    static Corpus Read(string? source, DocumentUnit unit, int chunkLength)
    {
        if (source == "-")
        {
            using var input = Console.OpenStandardInput();
            try
            {
                return Corpus.Load(input, "stdin", unit, chunkLength);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"stdin: {InputFile.Why(e)}");
            }
        }
        if (source != null)
        {
            return InputFile.ReadText(source, unit, chunkLength);
        }
        using var names = typeof(TrainCommand).Assembly.GetManifestResourceStream("names.txt")!;
        return Corpus.Load(names, "the built-in names", unit, chunkLength);
    }

    static Trainer Begin(Corpus corpus, TrainingOptions options, Tokenizer? tokenizer, int crew)
    {
        try
        {
            return new(corpus, options, tokenizer, crew);
        }
        catch (ArgumentException e) // a matrix or a batch has more numbers than an array
        {
            throw new UsageException($"--batch-size {options.BatchSize} --block-size {options.BlockSize}: {e.Message}");
        }
    }

    Trainer Resume(string path, Corpus corpus, TrainingOptions options, string source, int crew)
    {
        var began = InputFile.ReadModel(path).Provenance;
        (string Option, object Began, object Now)[] pairs =
        [
            ("--steps", began.Options.Steps, options.Steps),
            ("--n-layer", began.Options.NLayer, options.NLayer),
            ("--n-embd", began.Options.NEmbd, options.NEmbd),
            ("--n-head", began.Options.NHead, options.NHead),
            ("--block-size", began.Options.BlockSize, options.BlockSize),
            ("--learning-rate", began.Options.LearningRate, options.LearningRate),
            ("--batch-size", began.Options.BatchSize, options.BatchSize),
            ("--seed", began.Options.Seed, options.Seed),
            ("--precision", precision.WordOf(began.Options.Precision), precision.WordOf(options.Precision)),
            ("--schedule", schedule.WordOf(began.Options.LearningRateDecay),
                schedule.WordOf(options.LearningRateDecay)),
            ("--warmup", began.Options.WarmupSteps, options.WarmupSteps),
            ("--clip", began.Options.GradientClip, options.GradientClip),
            ("--weight-decay", began.Options.WeightDecay, options.WeightDecay),
        ];
        foreach (var (option, before, now) in pairs)
        {
            if (!before.Equals(now))
            {
                throw new UsageException($"--resume: the run in {path} has {option} {before}, not {now}");
            }
        }
        if (began.CorpusSha256 != corpus.Sha256)
        {
            throw new InvalidDataException($"--resume: the run in {path} learns from other documents than "
                + $"{source}, or has another --val or --documents");
        }
        return Trainer.Resume(path, corpus, options, crew);
    }

    static void RequireDifferent(string? source, string path, string? log, string? best)
    {
        if (source is "")
        {
            throw new UsageException("FILE is empty: it names no file");
        }
        if (path == "-")
        {
            throw new UsageException("--out -: a model is saved to a file, which needs a name");
        }
        if (Same(source, path))
        {
            throw new UsageException($"--out {path}: is FILE itself, which the model would replace");
        }
        if (Same(log, path) || Same(log, source))
        {
            throw new UsageException($"--log {log}: is {(Same(log, path) ? "--out" : "FILE")} as well");
        }

        if (Same(best, source) || Same(best, log))
        {
            throw new UsageException($"--val-every keeps the best model in {best}, "
                + $"which is {(Same(best, log) ? "--log" : "FILE itself")}");
        }

        static bool Same(string? a, string? b) => a != null && b != null && Path.GetFullPath(a) == Path.GetFullPath(b);
    }

    static void RequireMemory(TrainingOptions options, int vocabSize)
    {
        var (needed, has) = (options.MemoryFor(vocabSize), (double)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (needed > has)
        {
            throw new UsageException($"--n-layer {options.NLayer} --n-embd {options.NEmbd} --n-head {options.NHead} "
                + $"--block-size {options.BlockSize} --batch-size {options.BatchSize}: "
                + $"training would need {Gibibytes(needed)} of memory, "
                + $"{Gibibytes(has)} are here");
        }
    }

    static string Gibibytes(double bytes) => bytes < 1e24 ? $"{bytes / (1 << 30):N1} GiB" : $"{bytes / (1 << 30):E1} GiB";

    static void RequireFolder(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full);
        if (Directory.Exists(full) || folder == null)
        {
            throw new IOException($"--out {path}: is a folder");
        }
        if (!Directory.Exists(folder))
        {
            throw new IOException($"--out {path}: there is no folder {folder}");
        }
        if (folder == "/dev")
        {
            throw new IOException($"--out {path}: is no place for a model; the file would replace the device");
        }
    }

    static void RequireSpace(string path, Trainer trainer)
    {
        var ofNumber = trainer.Options.Precision == Precision.Float32 ? sizeof(float) : sizeof(double);
        var needed = 3L * ofNumber * trainer.Config.ParameterCount + (1 << 16); // parameters, two moments, header
        var free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException($"--out {path}: the disk has {free:N0} bytes left, the model needs {needed:N0}");
        }
    }

    // The model's file and the log, kept in step with each other.
    sealed class TrainingRun(Trainer trainer, string path, StepLog? log, TimeSpan saveEvery)
    {
        long lastSave = Stopwatch.GetTimestamp();

        public int? LastSaved { get; private set; } = trainer.Steps > 0 ? trainer.Steps : null;

        public void After(TrainingStep step, double? validation)
        {
            log?.Write(step, validation);
            if (Stopwatch.GetElapsedTime(lastSave) >= saveEvery)
            {
                Save();
            }
        }

        public void Save()
        {
            log?.Flush();
            if (LastSaved != trainer.Steps)
            {
                try
                {
                    trainer.Save(path);
                }
                catch (CheckpointException e)
                {
                    throw new InvalidDataException($"--out {path}: can't be saved, and is as it was: {e.Message}; "
                        + "a lower --learning-rate may help");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new IOException($"--out {path}: can't be saved, and is as it was: {InputFile.Why(e)}");
                }
            }
            (LastSaved, lastSave) = (trainer.Steps, Stopwatch.GetTimestamp());
        }
    }
}
